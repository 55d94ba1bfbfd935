import type { KubeObject } from '../../harness/base/kube-client.ts'

export interface Condition {
  type: string
  status: string
  reason?: string
  message?: string
}

export interface ContainerState {
  waiting?: { reason?: string; message?: string }
  running?: { startedAt: string }
  terminated?: {
    exitCode: number
    signal?: number
    reason?: string
    message?: string
    startedAt: string
    finishedAt: string
  }
}

export interface ContainerStatus {
  name: string
  ready: boolean
  started?: boolean
  restartCount: number
  state: ContainerState
  lastState?: ContainerState
}

export interface PodObject extends KubeObject {
  spec: { nodeName?: string; containers: { name: string; image: string }[]; [field: string]: unknown }
  status?: {
    phase?: string
    reason?: string
    message?: string
    podIP?: string
    hostIP?: string
    qosClass?: string
    conditions?: Condition[]
    containerStatuses?: ContainerStatus[]
    initContainerStatuses?: ContainerStatus[]
    ephemeralContainerStatuses?: ContainerStatus[]
  }
}

export function condition(object: KubeObject, type: string): Condition | undefined {
  return (object['status'] as { conditions?: Condition[] } | undefined)?.conditions?.find((c) => c.type === type)
}

export function isTrue(object: KubeObject, type: string): boolean {
  return condition(object, type)?.status === 'True'
}

export function isPodReady(pod: KubeObject): boolean {
  return isTrue(pod, 'Ready') && pod.metadata.deletionTimestamp === undefined
}

/** A number in an object's status, 0 where it is not yet there. */
export function statusCount(object: KubeObject, field: string): number {
  return Number((object['status'] as Record<string, unknown> | undefined)?.[field] ?? 0)
}

/** Whether a Deployment's rollout is over: everything updated, available, and nothing old left. */
export function isRolledOut(deployment: KubeObject): boolean {
  const replicas = (deployment['spec'] as { replicas?: number }).replicas ?? 1
  const isSeen = statusCount(deployment, 'observedGeneration') >= (deployment.metadata.generation ?? 0)
  const counts = ['replicas', 'updatedReplicas', 'availableReplicas'].map((field) => statusCount(deployment, field))
  return isSeen && counts.every((count) => count === replicas)
}

/** What an object says about itself, for people who wonder why it is not as they wanted it. */
export function describeObject(object: KubeObject): string {
  const status = (object['status'] ?? {}) as NonNullable<PodObject['status']>
  const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])].map((c) => {
    const state = c.state.waiting ?? c.state.terminated
    const exit = c.state.terminated ? ` ${c.state.terminated.exitCode}` : ''
    const why = state ? `${state.reason ?? 'stopped'}${exit}${state.message ? ` (${state.message})` : ''}` : 'running'
    return `${c.name} ${why}${c.restartCount > 0 ? ` after ${c.restartCount} restarts` : ''}`
  })
  const conditions = (status.conditions ?? [])
    .filter((c) => c.status !== 'True')
    .map((c) => `${c.type}=${c.status}${c.message ? ` (${c.message})` : c.reason ? ` (${c.reason})` : ''}`)
  const known = [status.phase, status.reason, ...conditions, ...containers].filter(Boolean)
  const rest = known.length > 0 ? known.join(', ') : JSON.stringify(object['status'] ?? {}).slice(0, 300)
  return `${object.kind ?? ''} ${object.metadata.name}${object.metadata.deletionTimestamp ? ' (being deleted)' : ''}: ${rest}`
}
