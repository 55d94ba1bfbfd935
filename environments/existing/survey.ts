import {
  collectionPath,
  KubeError,
  type ApiResource,
  type KubeClient,
  type KubeObject,
} from '../../harness/base/kube-client.ts'

/** The UIDs of everything in a cluster at one moment. */
export interface Survey {
  uids: string[]
}

export interface SurveyedObject {
  resource: ApiResource
  object: KubeObject
}

/** Everything that is in the cluster now. */
export async function surveyCluster(client: KubeClient): Promise<Survey> {
  const found = await listEverything(client)
  return { uids: found.flatMap(({ object }) => object.metadata.uid ?? []).toSorted() }
}

/** Every object of every kind that can be listed and deleted, with metadata only. */
export async function listEverything(client: KubeClient): Promise<SurveyedObject[]> {
  const all = await client.resources({ isFresh: true })
  const resources = all.filter(
    ({ plural, verbs, group }) =>
      verbs.includes('list') && verbs.includes('delete') && !plural.includes('/') && !isAutomatic(group, plural),
  )
  const lists = await Promise.all(resources.map((resource) => listOne(client, resource)))
  return lists.flat()
}

/** What the system makes and removes by itself, all the time. */
function isAutomatic(group: string, plural: string): boolean {
  return automatic.has(group === '' ? plural : `${plural}.${group}`)
}

const automatic = new Set([
  'events',
  'events.events.k8s.io',
  'leases.coordination.k8s.io',
  'endpoints',
  'endpointslices.discovery.k8s.io',
  'nodes',
  'csinodes.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'ipaddresses.networking.k8s.io',
  'flowschemas.flowcontrol.apiserver.k8s.io',
  'prioritylevelconfigurations.flowcontrol.apiserver.k8s.io',
  'apiservices.apiregistration.k8s.io',
  'controllerrevisions.apps',
])

async function listOne(client: KubeClient, resource: ApiResource): Promise<SurveyedObject[]> {
  try {
    const objects = await client.list(collectionPath(resource), {
      accept: 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json',
    })
    return objects.map((object) => ({ resource, object }))
  } catch (error) {
    // a kind that was removed since discovery, or that this user may not list
    if (error instanceof KubeError && [403, 404, 405].includes(error.status)) return []
    throw error
  }
}
