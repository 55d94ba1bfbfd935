import type { KubeObject } from '../../base/kube-client.ts'
import type { PodHealth } from './story.ts'

interface PodStatus {
  phase?: string
  conditions?: { type: string; status: string }[]
  containerStatuses?: ContainerStatus[]
  initContainerStatuses?: ContainerStatus[]
}

interface ContainerStatus {
  state?: { waiting?: { reason?: string }; terminated?: { exitCode?: number } }
}

/** How a pod is doing, at a glance. */
export function healthOf(pod: KubeObject): PodHealth {
  const status = (pod['status'] ?? {}) as PodStatus
  if (status.phase === 'Succeeded') return 'done'
  if (status.phase === 'Failed') return 'failing'
  if (status.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True')) return 'ready'
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
  return containers.some(isFailing) ? 'failing' : 'starting'
}

function isFailing({ state }: ContainerStatus): boolean {
  const reason = state?.waiting?.reason ?? ''
  return /BackOff|Err|Error|Invalid/.test(reason) || (state?.terminated?.exitCode ?? 0) !== 0
}
