import {
  collectionPath,
  isConnectionError,
  KubeError,
  type ApiResource,
  type KubeClient,
  type KubeObject,
} from '../base/kube-client.ts'
import { KubemendError, messageOf } from '../base/errors.ts'
import type { ClusterState, UnreadableKind } from './cluster-state.ts'
import { listAt, textAt } from './json.ts'

/**
 * Lists every object of every listable kind, each in one served version, all kinds at once. A kind that cannot be
 * listed (a broken aggregated API) is recorded and does not stop the others; an unreachable server does.
 */
export async function takeSnapshot(client: KubeClient, options: { signal?: AbortSignal } = {}): Promise<ClusterState> {
  const takenAt = new Date().toISOString()
  const kinds = kindsToList(await client.resources({ isFresh: true }))
  const lists = await Promise.all(kinds.map((kind) => listKind(client, kind, options.signal)))
  const objects = lists.flatMap((list) => list.objects).map(withoutManagedFields)
  return {
    takenAt,
    objects,
    unreadable: [...lists.flatMap((list) => list.unreadable), ...missingGroups(objects, kinds)],
  }
}

/** Of discovery's rows, the first (preferred) version of each kind that can be listed and that holds state worth comparing. */
function kindsToList(resources: readonly ApiResource[]): ApiResource[] {
  const kinds = new Map<string, ApiResource>()
  for (const resource of resources) {
    const key = `${resource.group}/${resource.plural}`
    const isListed = resource.verbs.includes('list') && !resource.plural.includes('/') && !isPassing(resource)
    if (isListed && !kinds.has(key)) kinds.set(key, resource)
  }
  return [...kinds.values()]
}

/** Events, leases, metrics and reviews come and go by themselves; component status is computed on each request. */
function isPassing({ group, plural }: ApiResource): boolean {
  return (
    plural === 'events' ||
    plural === 'componentstatuses' ||
    group === 'coordination.k8s.io' ||
    group.endsWith('metrics.k8s.io') ||
    plural.endsWith('reviews')
  )
}

async function listKind(
  client: KubeClient,
  kind: ApiResource,
  signal: AbortSignal | undefined,
): Promise<{ objects: KubeObject[]; unreadable: UnreadableKind[] }> {
  try {
    const options = { timeoutMs: listTimeoutMs, ...(signal ? { signal } : {}) }
    return { objects: await client.list(collectionPath(kind), options), unreadable: [] }
  } catch (error) {
    if (signal?.aborted) throw error
    if (isConnectionError(error)) {
      throw new KubemendError(
        'cluster-unreachable',
        `the snapshot could not list ${kind.plural}: ${messageOf(error)}`,
        { cause: error },
      )
    }
    if (error instanceof KubeError && error.status === 405) return { objects: [], unreadable: [] }
    return { objects: [], unreadable: [{ group: kind.group, kind: kind.kind, because: messageOf(error) }] }
  }
}

const listTimeoutMs = 20_000

/** Aggregated groups whose server does not answer are not in discovery at all. */
function missingGroups(objects: readonly KubeObject[], kinds: readonly ApiResource[]): UnreadableKind[] {
  const present = new Set(kinds.map(({ group }) => group))
  const missing = new Map<string, UnreadableKind>()
  for (const service of objects.filter(({ kind }) => kind === 'APIService')) {
    const group = textAt(service, 'spec', 'group') ?? ''
    const available = listAt(service, 'status', 'conditions').find(
      (condition) => textAt(condition, 'type') === 'Available',
    )
    if (present.has(group) || group.endsWith('metrics.k8s.io') || textAt(available, 'status') !== 'False') continue
    missing.set(group, {
      group,
      kind: '*',
      because: textAt(available, 'message') ?? 'its API service is not available',
    })
  }
  return [...missing.values()]
}

function withoutManagedFields(object: KubeObject): KubeObject {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}
