import type { KubeClient, KubeObject } from '../../harness/base/kube-client.ts'
import { hasCondition, type Conditioned } from '../wait-ready.ts'

/** What was so before the stop, and must be so again after a restore. */
export interface Expectation {
  /** `namespace/name` of pods that were Ready. */
  readyPods: string[]
  /** Ready addresses by EndpointSlice. */
  readyEndpoints: Record<string, number>
  /** By node, the address of each pod that has one of its own, as `namespace/name`. */
  addresses: Record<string, Record<string, string>>
}

interface EndpointSlice extends KubeObject {
  endpoints?: { conditions?: { ready?: boolean } }[] | null
}

/**
 * Takes back, through the API, what only holds while containers run: pod statuses, ready endpoints, events. Answers
 * what a restore must bring about again.
 */
export async function scrub(client: KubeClient): Promise<Expectation> {
  const [pods, slices, namespaces] = await Promise.all([
    client.list<Conditioned>('/api/v1/pods'),
    client.list<EndpointSlice>('/apis/discovery.k8s.io/v1/endpointslices'),
    client.list('/api/v1/namespaces'),
  ])
  const live = pods.filter((pod) => pod.status?.phase === 'Running' || pod.status?.phase === 'Pending')
  const managed = slices.filter(
    (slice) => slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === sliceController,
  )
  await Promise.all([
    ...live.map((pod) => resetPod(client, pod)),
    ...managed.map((slice) => client.replace(pathOfSlice(slice), { ...slice, endpoints: [] })),
    ...namespaces.map((ns) => client.delete(`/api/v1/namespaces/${ns.metadata.name}/events`)),
  ])
  return {
    // one that is on its way out is not coming back
    readyPods: live
      .filter((pod) => hasCondition(pod, 'Ready') && pod.metadata.deletionTimestamp === undefined)
      .map(keyOfObject),
    readyEndpoints: Object.fromEntries(managed.map((slice) => [keyOfObject(slice), countReady(slice)])),
    addresses: addressesByNode(live),
  }
}

/** Whether a restored cluster's endpoints are back. */
export function areEndpointsBack(slices: KubeObject[], expectation: Expectation): boolean {
  const byKey = new Map(slices.map((slice) => [keyOfObject(slice), slice as EndpointSlice]))
  return Object.entries(expectation.readyEndpoints).every(([key, count]) => countReady(byKey.get(key)) >= count)
}

export function keyOfObject(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

const sliceController = 'endpointslice-controller.k8s.io'

function addressesByNode(pods: Conditioned[]): Expectation['addresses'] {
  const byNode: Expectation['addresses'] = {}
  for (const pod of pods) {
    const { nodeName, hostNetwork } = pod.spec as { nodeName?: string; hostNetwork?: boolean }
    const { podIP } = pod.status as { podIP?: string }
    if (nodeName && podIP && !hostNetwork) (byNode[nodeName] ??= {})[keyOfObject(pod)] = podIP
  }
  return byNode
}

async function resetPod(client: KubeClient, pod: Conditioned): Promise<void> {
  const conditions = pod.status?.conditions?.filter((condition) => condition.type === 'PodScheduled') ?? []
  const status = { phase: 'Pending', qosClass: (pod.status as { qosClass?: string }).qosClass, conditions }
  await client.replace(`/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}/status`, {
    ...pod,
    status,
  })
}

function pathOfSlice(slice: KubeObject): string {
  return `/apis/discovery.k8s.io/v1/namespaces/${slice.metadata.namespace}/endpointslices/${slice.metadata.name}`
}

function countReady(slice: EndpointSlice | undefined): number {
  return slice?.endpoints?.filter((endpoint) => endpoint.conditions?.ready).length ?? 0
}
