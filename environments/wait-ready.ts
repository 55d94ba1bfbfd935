import { isConnectionError, KubeError, type KubeClient, type KubeObject } from '../harness/base/kube-client.ts'
import { until } from '../harness/base/retry.ts'
import { KubemendError } from '../harness/base/errors.ts'

export interface Conditioned extends KubeObject {
  spec?: { containers?: unknown; nodeName?: string; taints?: { key: string }[] }
  status?: {
    phase?: string
    conditions?: { type: string; status: string; lastTransitionTime?: string; reason?: string; message?: string }[]
    containerStatuses?: ContainerStatus[]
    initContainerStatuses?: ContainerStatus[]
  }
}

export interface ContainerStatus {
  name: string
  ready: boolean
  restartCount?: number
  state?: { waiting?: { reason?: string; message?: string }; running?: unknown }
}

/** Waits until every object of a collection passes, by watching it; says what the others still lack when time is up. */
export async function waitForAll(
  client: KubeClient,
  path: string,
  options: {
    what: string
    timeoutMs: number
    atLeast: number
    isDone: (object: Conditioned) => boolean
    signal?: AbortSignal
  },
): Promise<void> {
  const objects = new Map<string, Conditioned>()
  const isDone = (): boolean => objects.size >= options.atLeast && [...objects.values()].every(options.isDone)
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), options.timeoutMs)
  const stop = (): void => abort.abort()
  options.signal?.addEventListener('abort', stop, { once: true })
  try {
    while (!abort.signal.aborted) {
      try {
        // without a resourceVersion a watch begins with an ADDED for everything there is
        for await (const event of client.watch(path, { signal: abort.signal })) {
          const key = `${event.object.metadata.namespace ?? ''}/${event.object.metadata.name}`
          if (event.type === 'DELETED') objects.delete(key)
          else if (event.type === 'ADDED' || event.type === 'MODIFIED') objects.set(key, event.object)
          if (isDone()) return
        }
      } catch (error) {
        if (!abort.signal.aborted && !isConnectionError(error) && !(error instanceof KubeError)) throw error
      }
    }
  } finally {
    clearTimeout(timer)
    options.signal?.removeEventListener('abort', stop)
    abort.abort()
  }
  options.signal?.throwIfAborted()
  throw new KubemendError(
    'timed-out',
    `waited ${options.timeoutMs / 1000} s for ${options.what}: ${describe(objects, options.isDone)}`,
  )
}

/** Whether a pod serves, or has done its work. */
export function isPodSettled(pod: Conditioned): boolean {
  return pod.status?.phase === 'Succeeded' || hasCondition(pod, 'Ready')
}

export function isNodeReady(node: Conditioned): boolean {
  return (
    hasCondition(node, 'Ready') &&
    !(node.spec?.taints ?? []).some((taint) => taint.key.startsWith('node.kubernetes.io/'))
  )
}

export function hasCondition(object: Conditioned, type: string): boolean {
  return object.status?.conditions?.some((c) => c.type === type && c.status === 'True') ?? false
}

/** Asks until the answer is right, taking refusals and broken connections for "not yet". */
export function untilServed<T>(
  probe: () => Promise<T | undefined | false>,
  what: string,
  timeoutMs: number,
): Promise<T> {
  return until(probe, { what, timeoutMs, intervalMs: 50, isTransient: () => true })
}

function describe(objects: Map<string, Conditioned>, isDone: (object: Conditioned) => boolean): string {
  const missing = [...objects].filter(([, object]) => !isDone(object)).map(([key, object]) => `${key} ${lacks(object)}`)
  return missing.length > 0 ? missing.join('; ') : `only ${objects.size} there`
}

function lacks(object: Conditioned): string {
  const waiting = object.status?.containerStatuses?.find((s) => s.state?.waiting)?.state?.waiting
  if (waiting) return `${waiting.reason ?? 'waiting'}${waiting.message ? ` (${waiting.message})` : ''}`
  const failed = object.status?.conditions?.find((c) => c.status === 'False')
  return failed
    ? `${failed.type}=False${failed.message ? ` (${failed.message})` : ''}`
    : (object.status?.phase ?? 'has no status')
}
