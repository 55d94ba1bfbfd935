import { KubemendError, messageOf } from '../../harness/base/errors.ts'
import type { KubeClient, KubeObject } from '../../harness/base/kube-client.ts'
import { areEndpointsBack, keyOfObject, setReadiness, type Expectation } from './scrub.ts'
import { hasCondition, untilServed, waitForAll, type Conditioned, type ContainerStatus } from '../wait-ready.ts'

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

/** Waits until nodes are Ready that were, and puts back since when they are. */
export async function waitForNodes(client: KubeClient, { readyNodes }: Expectation): Promise<void> {
  const wasReady = ({ metadata: { name } }: Conditioned): boolean => name in readyNodes
  await waitForAll(client, '/api/v1/nodes', {
    what: 'every node to be Ready again',
    timeoutMs: 60_000,
    atLeast: Object.keys(readyNodes).length,
    isDone: (node) => !wasReady(node) || hasCondition(node, 'Ready'),
  })
  const nodes = await client.list<Conditioned>('/api/v1/nodes')
  await Promise.all(
    nodes
      .filter(wasReady)
      .map((node) => setReadiness(client, node, { lastTransitionTime: readyNodes[node.metadata.name]! })),
  )
}

/** Waits until every pod and endpoint that was ready before is ready again. */
export async function waitForPods(
  client: KubeClient,
  options: { expectation: Expectation; onStep: (step: string) => void },
): Promise<void> {
  const { expectation } = options
  const expected = new Set(expectation.readyPods)
  const waitFor = (what: string, timeoutMs: number, isDone: (pod: Conditioned) => boolean): Promise<void> =>
    waitForAll(client, '/api/v1/pods', {
      what,
      timeoutMs,
      atLeast: expected.size,
      isDone: (pod) => !expected.has(keyOfObject(pod)) || isDone(pod),
    })
  await waitFor('every pod to run again', 120_000, hasStarted)
  try {
    await waitFor('every pod to be Ready again', readyWithinMs, (pod) => hasCondition(pod, 'Ready'))
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
