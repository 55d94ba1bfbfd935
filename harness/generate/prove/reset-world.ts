import { sleep } from '../../base/clock.ts'
import { KubeError, type KubeClient, type KubeObject } from '../../base/kube-client.ts'
import { idOf, keyOfId, type ClusterState } from '../../state/cluster-state.ts'
import type { Difference } from '../../state/difference.ts'
import { diffStates } from '../../state/diff-states.ts'
import { fieldOf, objectAt } from '../../state/json.ts'
import { takeSnapshot } from '../../state/take-snapshot.ts'

export interface ResetOptions {
  client: KubeClient
  /** The world as it was when it was healthy. */
  healthy: ClusterState
  namespaces: readonly string[]
  /** Whether the world works, by its own checks. */
  isHealthy: () => Promise<boolean>
  timeoutMs: number
  signal: AbortSignal
}

/**
 * Puts a world back to what it was when it was healthy, without making its cluster anew, and makes sure of it: once its
 * controllers have come to rest, nothing that people would call a difference may be left but the identity of what had to
 * be made anew. Answers what is left; nothing when the world is the same again.
 */
export async function resetWorld(options: ResetOptions): Promise<string[]> {
  const { client, healthy, signal } = options
  const now = await takeSnapshot(client, { signal })
  for (const key of changedKeys(healthy, now)) await putBack(client, find(healthy, key), find(now, key))
  const deadline = Date.now() + options.timeoutMs
  for (;;) {
    if ((await isAtRest(options)) && (await options.isHealthy())) {
      const left = changedKeys(healthy, await takeSnapshot(client, { signal }))
      if (left.length === 0 || Date.now() > deadline) return left
    } else if (Date.now() > deadline) return ['its controllers have not come to rest']
    await sleep(300, signal)
  }
}

/** Objects that people made, and that differ in more than identity and status. */
function changedKeys(healthy: ClusterState, now: ClusterState): string[] {
  const differences = diffStates(healthy, now).filter((difference) => isLasting(difference, healthy, now))
  return [...new Set(differences.map(({ object }) => keyOfId(object)))]
}

function isLasting({ object, path, kind }: Difference, healthy: ClusterState, now: ClusterState): boolean {
  if (kind === 'recreated' || /^(?:status|metadata\.(?:uid|ownerReferences|generation|creationTimestamp))/.test(path))
    return false
  // a Service that was made anew has another address, and a claim says so on its volume
  if (/^spec\.(?:clusterIPs?|claimRef\.uid)/.test(path)) return false
  if (made.has(object.kind)) return false
  const key = keyOfId(object)
  const owner = (find(now, key) ?? find(healthy, key))?.metadata.ownerReferences?.some(({ controller }) => controller)
  return owner !== true
}

/** Kinds that controllers make of others, or that come and go by themselves. */
const made = new Set([
  'EndpointSlice',
  'Endpoints',
  'ReplicaSet',
  'ControllerRevision',
  'Lease',
  'Event',
  'CSINode',
  'FlowSchema',
  'PriorityLevelConfiguration',
  'APIService',
  'ServiceCIDR',
  'IPAddress',
])

function find(state: ClusterState, key: string): KubeObject | undefined {
  return state.objects.find((object) => keyOfId(idOf(object)) === key)
}

async function putBack(client: KubeClient, before: KubeObject | undefined, now: KubeObject | undefined): Promise<void> {
  if (!before) {
    if (now) await client.delete(await client.pathOf(now)).catch(ignoreGone)
  } else if (now) await replace(client, before, now)
  else await create(client, before)
}

function ignoreGone(error: unknown): void {
  if (!(error instanceof KubeError && error.status === 404)) throw error
}

async function create(client: KubeClient, object: KubeObject): Promise<void> {
  const path = (await client.pathOf(object)).replace(/\/[^/]+$/, '')
  await client.create(path, asNew(object))
}

/** What the server filled in when it was made is left to the server again. */
function asNew(object: KubeObject): KubeObject {
  const { kind, metadata } = object
  const { name, namespace, labels, annotations } = metadata
  const known = Object.entries(object).filter(([field]) => field !== 'status')
  const fresh: KubeObject = {
    ...(Object.fromEntries(known) as KubeObject),
    metadata: {
      name,
      ...(namespace ? { namespace } : {}),
      ...(labels ? { labels } : {}),
      ...(annotations ? { annotations } : {}),
    },
  }
  const spec = objectAt(fresh, 'spec')
  if (kind !== 'Service' || spec['clusterIP'] === 'None') return fresh
  const kept = Object.entries(spec).filter(([field]) => field !== 'clusterIP' && field !== 'clusterIPs')
  return { ...fresh, spec: Object.fromEntries(kept) }
}

async function replace(client: KubeClient, before: KubeObject, now: KubeObject): Promise<void> {
  const path = await client.pathOf(now)
  const fresh = await client.request('GET', path)
  const { resourceVersion, uid } = fresh.metadata
  const spec = objectAt(before, 'spec')
  const address = fieldOf(fresh, 'spec', 'clusterIP')
  const body: KubeObject = {
    ...before,
    ...(before.kind === 'Service' && address !== undefined
      ? { spec: { ...spec, clusterIP: address, clusterIPs: fieldOf(fresh, 'spec', 'clusterIPs') } }
      : {}),
    metadata: { ...before.metadata, ...(resourceVersion ? { resourceVersion } : {}), ...(uid ? { uid } : {}) },
  }
  try {
    await client.request('PUT', path, { body })
  } catch (error) {
    if (!(error instanceof KubeError && error.status === 422)) throw error
    // something that cannot be changed was changed by making the object anew: so is it put back
    await client.delete(path)
    await create(client, before)
  }
}

/** No pod leaves, and every workload has what it wants of its newest template. */
async function isAtRest({ client, namespaces }: ResetOptions): Promise<boolean> {
  const rests = await Promise.all(
    namespaces.map(async (namespace) => {
      const list = (group: string, plural: string): Promise<KubeObject[]> =>
        client.list(`${group}/namespaces/${namespace}/${plural}`)
      const [pods, deployments, sets] = await Promise.all([
        list('/api/v1', 'pods'),
        list('/apis/apps/v1', 'deployments'),
        list('/apis/apps/v1', 'statefulsets'),
      ])
      return (
        pods.every((pod) => pod.metadata.deletionTimestamp === undefined) && [...deployments, ...sets].every(isDone)
      )
    }),
  )
  return rests.every(Boolean)
}

function isDone(workload: KubeObject): boolean {
  const wanted = (fieldOf(workload, 'spec', 'replicas') as number | undefined) ?? 1
  const status = objectAt(workload, 'status')
  const count = (field: string): number => (status[field] as number | undefined) ?? 0
  return (
    count('observedGeneration') === (fieldOf(workload, 'metadata', 'generation') as number) &&
    count('replicas') === wanted &&
    count('updatedReplicas') === wanted &&
    count('availableReplicas') === wanted
  )
}
