import { KubemendError, messageOf } from '../../harness/base/errors.ts'
import type { KubeClient, KubeObject } from '../../harness/base/kube-client.ts'
import { areEndpointsBack, keyOfObject, type Expectation } from './scrub.ts'
import { hasCondition, untilServed, waitForAll, type Conditioned } from '../wait-ready.ts'

/**
 * Makes the time that a cluster was stopped for not have been: a CronJob must not catch up on what it missed, and a
 * rollout that was under way has as much left of its deadline as it had.
 */
export async function moveTime(client: KubeClient, stoppedAt: Date): Promise<void> {
  const now = toKubeTime(Date.now())
  for (const cronJob of await client.list('/apis/batch/v1/cronjobs')) {
    const path = `/apis/batch/v1/namespaces/${cronJob.metadata.namespace}/cronjobs/${cronJob.metadata.name}/status`
    await client.patch(path, { status: { lastScheduleTime: now } })
  }
  const stoppedForMs = Date.now() - stoppedAt.getTime()
  for (const { metadata, status } of await client.list<Rollout>('/apis/apps/v1/deployments')) {
    const conditions = status?.conditions ?? []
    if (!conditions.some(isUnderWay)) continue
    const moved = conditions.map((condition) =>
      isUnderWay(condition)
        ? { ...condition, lastUpdateTime: toKubeTime(Date.parse(condition.lastUpdateTime) + stoppedForMs) }
        : condition,
    )
    const path = `/apis/apps/v1/namespaces/${metadata.namespace}/deployments/${metadata.name}/status`
    await client.patch(path, { status: { conditions: moved } })
  }
}

interface Rollout extends KubeObject {
  status?: { conditions?: RolloutCondition[] }
}

interface RolloutCondition {
  type: string
  status: string
  reason?: string
  lastUpdateTime: string
}

function isUnderWay({ type, status, reason }: RolloutCondition): boolean {
  return type === 'Progressing' && status === 'True' && reason !== 'NewReplicaSetAvailable'
}

function toKubeTime(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Waits until nodes report again and every pod and endpoint that was ready before is ready again. */
export async function waitUntilRestored(
  client: KubeClient,
  options: { expectation: Expectation; startedAt: number; nodeCount: number; onStep: (step: string) => void },
): Promise<void> {
  const { expectation } = options
  await waitForAll(client, '/api/v1/nodes', {
    what: 'every node to report again',
    timeoutMs: 60_000,
    atLeast: options.nodeCount,
    isDone: (node) => hasConditionSince(node, 'Ready', options.startedAt),
  })
  options.onStep('nodes Ready')
  const expected = new Set(expectation.readyPods)
  const waitForPods = (what: string, timeoutMs: number, isDone: (pod: Conditioned) => boolean): Promise<void> =>
    waitForAll(client, '/api/v1/pods', {
      what,
      timeoutMs,
      atLeast: expected.size,
      isDone: (pod) => !expected.has(keyOfObject(pod)) || isDone(pod),
    })
  await waitForPods('every pod to run again', 120_000, hasStarted)
  try {
    await waitForPods('every pod to be Ready again', readyWithinMs, (pod) => hasCondition(pod, 'Ready'))
  } catch (error) {
    // in a broken world a pod that had been Ready may start anew and never be: that is the world's business
    if (!(error instanceof KubemendError && error.code === 'timed-out')) throw error
    options.onStep(messageOf(error))
    return
  }
  options.onStep('pods Ready')
  await untilServed(
    async () => areEndpointsBack(await client.list('/apis/discovery.k8s.io/v1/endpointslices'), expectation),
    'every service to have its endpoints again',
    30_000,
  )
  options.onStep('endpoints ready')
}

/** Removes the events that only a restore causes: what nodes say of themselves, and the start of healthy pods. */
export async function hideRestore(client: KubeClient, expectation: Expectation): Promise<void> {
  const healthy = new Set(expectation.readyPods)
  const events = await client.list<CoreEvent>('/api/v1/events')
  const telling = events.filter(({ involvedObject: about }) => {
    return (
      about.kind === 'Node' || (about.kind === 'Pod' && healthy.has(`${about.namespace ?? ''}/${about.name ?? ''}`))
    )
  })
  await Promise.all(
    telling.map((event) =>
      client.delete(`/api/v1/namespaces/${event.metadata.namespace}/events/${event.metadata.name}`),
    ),
  )
}

type ContainerStatus = NonNullable<NonNullable<Conditioned['status']>['containerStatuses']>[number]

interface CoreEvent extends KubeObject {
  involvedObject: { kind?: string; namespace?: string; name?: string }
}

/** How long a pod whose containers run may take to be Ready. */
const readyWithinMs = 15_000

function hasStarted(pod: Conditioned): boolean {
  const containers = pod.status?.containerStatuses ?? []
  return hasCondition(pod, 'Ready') || (containers.length > 0 && containers.every(hasRun))
}

function hasRun({ state, restartCount = 0 }: ContainerStatus): boolean {
  return restartCount > 0 || (state !== undefined && !state.waiting)
}

/** Heartbeats are what a stopped kubelet cannot have written. */
function hasConditionSince(node: Conditioned, type: string, since: number): boolean {
  const condition = node.status?.conditions?.find((c) => c.type === type && c.status === 'True')
  const heartbeat = (condition as { lastHeartbeatTime?: string } | undefined)?.lastHeartbeatTime
  return heartbeat !== undefined && Date.parse(heartbeat) >= Math.floor(since / 1000) * 1000
}
