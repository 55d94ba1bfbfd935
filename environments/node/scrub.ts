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
  /** Nodes that were Ready, and since when. */
  readyNodes: Record<string, string>
  /** By node, the folders of those containers' logs that go on: the containers run and never ended before. */
  logs: Record<string, string[]>
}

interface EndpointSlice extends KubeObject {
  endpoints?: { conditions?: { ready?: boolean } }[] | null
}

/**
 * Takes back, through the API, what only holds while nodes and containers run: that they are ready, endpoints, events.
 * Answers what a restore must bring about again. A kubelet that finds its node Ready says only every ten seconds how it
 * is, and the first time may be too early; one that finds it not Ready says so the moment it is.
 */
export async function scrub(client: KubeClient): Promise<Expectation> {
  const [nodes, pods, slices, namespaces] = await Promise.all([
    client.list<Conditioned>('/api/v1/nodes'),
    client.list<Conditioned>('/api/v1/pods'),
    client.list<EndpointSlice>('/apis/discovery.k8s.io/v1/endpointslices'),
    client.list('/api/v1/namespaces'),
  ])
  const live = pods.filter((pod) => pod.status?.phase === 'Running' || pod.status?.phase === 'Pending')
  const managed = slices.filter(
    (slice) => slice.metadata.labels?.['endpointslice.kubernetes.io/managed-by'] === sliceController,
  )
  await Promise.all([
    ...nodes.filter(isReady).map((node) => setReadiness(client, node, { status: 'False' })),
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
    logs: logsByNode(live),
    readyNodes: Object.fromEntries(nodes.filter(isReady).map((node) => [node.metadata.name, readySince(node)])),
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

/** Changes what a node's Ready condition says. */
export async function setReadiness(
  client: KubeClient,
  node: Conditioned,
  change: { status?: string; lastTransitionTime?: string },
): Promise<void> {
  const conditions = node.status?.conditions?.map((condition) =>
    condition.type === 'Ready' ? { ...condition, ...change } : condition,
  )
  await client.patch(`/api/v1/nodes/${node.metadata.name}/status`, { status: { conditions } })
}

function isReady(node: Conditioned): boolean {
  return hasCondition(node, 'Ready')
}

function readySince(node: Conditioned): string {
  return node.status?.conditions?.find(({ type }) => type === 'Ready')?.lastTransitionTime ?? ''
}

function addressesByNode(pods: Conditioned[]): Expectation['addresses'] {
  const byNode: Expectation['addresses'] = {}
  for (const pod of pods) {
    const { nodeName, hostNetwork } = pod.spec as { nodeName?: string; hostNetwork?: boolean }
    const { podIP } = pod.status as { podIP?: string }
    if (nodeName && podIP && !hostNetwork) (byNode[nodeName] ??= {})[keyOfObject(pod)] = podIP
  }
  return byNode
}

function logsByNode(pods: Conditioned[]): Expectation['logs'] {
  const byNode: Expectation['logs'] = {}
  for (const { metadata, spec, status } of pods) {
    const { containerStatuses = [], initContainerStatuses = [] } = status ?? {}
    for (const { name, restartCount, state } of [...containerStatuses, ...initContainerStatuses]) {
      if (!spec?.nodeName || restartCount !== 0 || !state?.running) continue
      const pod = `${metadata.namespace}_${metadata.name}_${metadata.uid}`
      ;(byNode[spec.nodeName] ??= []).push(`${pod}/${name}`)
    }
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
