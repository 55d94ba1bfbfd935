import { createHash } from 'node:crypto'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { mustFind, type ObjectStore } from './object-store.ts'
import type { ResourceKind } from './resource-kinds.ts'

/**
 * Brings the store to where controllers, scheduler and kubelets would bring it, at once: namespaces get their account,
 * workloads their pods, pods a node and a running state, statuses their counts.
 */
export function settle(store: ObjectStore, world: { hasImage: (image: string) => boolean }): void {
  for (let round = 0; round < 20; round++) {
    const before = store.version
    for (const namespace of store.list(kinds.namespaces)) fillNamespace(store, namespace)
    for (const deployment of store.list(kinds.deployments)) rollDeployment(store, deployment)
    for (const [plural, kind] of podOwners) for (const owner of store.list(kind)) keepPods(store, plural, kind, owner)
    for (const pod of store.list(kinds.pods)) runPod(store, pod, world.hasImage)
    if (store.version === before) return
  }
  throw new Error('the fake controllers do not come to rest')
}

const kinds = {
  namespaces: mustFind('', 'namespaces'),
  accounts: mustFind('', 'serviceaccounts'),
  configMaps: mustFind('', 'configmaps'),
  nodes: mustFind('', 'nodes'),
  pods: mustFind('', 'pods'),
  deployments: mustFind('apps', 'deployments'),
  replicaSets: mustFind('apps', 'replicasets'),
}

const podOwners: [string, ResourceKind][] = [
  ['replicasets', kinds.replicaSets],
  ['statefulsets', mustFind('apps', 'statefulsets')],
  ['daemonsets', mustFind('apps', 'daemonsets')],
  ['jobs', mustFind('batch', 'jobs')],
]

interface WorkloadSpec {
  replicas?: number
  paused?: boolean
  selector?: { matchLabels?: Record<string, string> }
  template: { metadata?: { labels?: Record<string, string> }; spec: Record<string, unknown> }
}

function fillNamespace(store: ObjectStore, namespace: KubeObject): void {
  if (namespace.metadata.deletionTimestamp !== undefined) return
  const at = namespace.metadata.name
  if (namespace['status'] === undefined) store.replace(kinds.namespaces, { ...namespace, status: { phase: 'Active' } })
  if (namespace.metadata.labels?.['kubernetes.io/metadata.name'] !== at) {
    const current = store.get(kinds.namespaces, undefined, at)
    const labels = { ...current.metadata.labels, 'kubernetes.io/metadata.name': at }
    store.replace(kinds.namespaces, { ...current, metadata: { ...current.metadata, labels } })
  }
  const wanted: [ResourceKind, string, Record<string, unknown>][] = [
    [kinds.accounts, 'default', {}],
    [kinds.configMaps, 'kube-root-ca.crt', { data: { 'ca.crt': 'the fake server speaks plain HTTP\n' } }],
  ]
  for (const [kind, name, content] of wanted) {
    if (store.find(kind, at, name)) continue
    store.create(kind, { apiVersion: 'v1', kind: kind.kind, metadata: { name, namespace: at }, ...content })
  }
}

/** One replica set for the present template with all replicas, the others with none. */
function rollDeployment(store: ObjectStore, deployment: KubeObject): void {
  const spec = deployment['spec'] as WorkloadSpec
  const { name, namespace } = deployment.metadata
  const wanted = spec.replicas ?? 1
  const owned = store.list(kinds.replicaSets, namespace).filter((set) => isOwnedBy(set, deployment))
  const hash = createHash('sha256').update(JSON.stringify(spec.template)).digest('hex').slice(0, 9)
  const current = owned.find((set) => set.metadata.name === `${name}-${hash}`)
  if (!spec.paused) {
    for (const set of owned) if (set !== current) scale(store, set, 0)
    if (current) scale(store, current, wanted)
    else makeReplicaSet(store, deployment, spec, hash)
  }
  const sets = store.list(kinds.replicaSets, namespace).filter((set) => isOwnedBy(set, deployment))
  const total = sum(sets, 'replicas')
  const ready = sum(sets, 'readyReplicas')
  const updated = sum(
    sets.filter((set) => set.metadata.name === `${name}-${hash}`),
    'replicas',
  )
  writeStatus(store, kinds.deployments, deployment, {
    observedGeneration: deployment.metadata.generation,
    replicas: total,
    updatedReplicas: updated,
    readyReplicas: ready,
    availableReplicas: ready,
    ...(wanted > ready ? { unavailableReplicas: wanted - ready } : {}),
    conditions: [
      condition(
        'Available',
        ready >= wanted,
        ready >= wanted ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
      ),
      condition('Progressing', true, updated === ready ? 'NewReplicaSetAvailable' : 'ReplicaSetUpdated'),
    ],
  })
}

function makeReplicaSet(store: ObjectStore, deployment: KubeObject, spec: WorkloadSpec, hash: string): void {
  const labels = { ...spec.template.metadata?.labels, 'pod-template-hash': hash }
  store.create(kinds.replicaSets, {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: `${deployment.metadata.name}-${hash}`,
      namespace: deployment.metadata.namespace!,
      labels,
      ownerReferences: [ownerReference(deployment)],
    },
    spec: {
      replicas: spec.replicas ?? 1,
      selector: { matchLabels: { ...spec.selector?.matchLabels, 'pod-template-hash': hash } },
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  })
}

function scale(store: ObjectStore, set: KubeObject, replicas: number): void {
  const spec = set['spec'] as WorkloadSpec
  if (spec.replicas !== replicas) store.replace(kinds.replicaSets, { ...set, spec: { ...spec, replicas } })
}

/** As many pods as the owner wants, made from its template. */
function keepPods(store: ObjectStore, plural: string, kind: ResourceKind, listed: KubeObject): void {
  const owner = store.find(kind, listed.metadata.namespace, listed.metadata.name)
  if (!owner) return
  const spec = owner['spec'] as WorkloadSpec
  const { name, namespace } = owner.metadata
  const nodes = store.list(kinds.nodes).map((node) => node.metadata.name)
  const count = plural === 'daemonsets' ? nodes.length : (spec.replicas ?? 1)
  const pods = store.list(kinds.pods, namespace).filter((pod) => isOwnedBy(pod, owner))
  for (const pod of pods.slice(count)) store.delete(kinds.pods, namespace, pod.metadata.name)
  for (let i = 0; pods.length + i < count; i++) {
    const suffix = plural === 'statefulsets' ? nextOrdinal(pods, i) : randomSuffix()
    store.create(kinds.pods, {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: `${name}-${suffix}`,
        namespace: namespace!,
        labels: { ...spec.template.metadata?.labels, ...(plural === 'jobs' ? { 'job-name': name } : {}) },
        ownerReferences: [ownerReference(owner)],
      },
      spec: { ...spec.template.spec, ...(plural === 'daemonsets' ? { nodeName: nodes[pods.length + i] } : {}) },
    })
  }
  const ready = store.list(kinds.pods, namespace).filter((pod) => isOwnedBy(pod, owner) && isReady(pod)).length
  const observedGeneration = owner.metadata.generation
  const counts: Record<string, Record<string, unknown>> = {
    daemonsets: {
      desiredNumberScheduled: count,
      currentNumberScheduled: count,
      numberReady: ready,
      numberAvailable: ready,
    },
    jobs: { active: ready, startTime: owner.metadata.creationTimestamp },
  }
  const usual = { replicas: count, readyReplicas: ready, availableReplicas: ready }
  writeStatus(store, kind, owner, { observedGeneration, ...(counts[plural] ?? usual) })
}

/** A pod gets a node, its account and, when its images are there, running containers. */
function runPod(store: ObjectStore, pod: KubeObject, hasImage: (image: string) => boolean): void {
  const status = pod['status'] as { phase?: string } | undefined
  if (status?.phase !== undefined && status.phase !== 'Pending') return
  const spec = pod['spec'] as {
    nodeName?: string
    serviceAccountName?: string
    containers?: { name: string; image: string }[]
  }
  const nodes = store.list(kinds.nodes)
  const nodeName = spec.nodeName ?? (nodes.find((node) => !isTainted(node)) ?? nodes[0])?.metadata.name
  const startedAt = pod.metadata.creationTimestamp
  const containers = (spec.containers ?? []).map(({ name, image }) =>
    hasImage(image)
      ? { name, image, ready: true, started: true, restartCount: 0, state: { running: { startedAt } } }
      : { name, image, ready: false, started: false, restartCount: 0, state: { waiting: missing(image) } },
  )
  const isUp = containers.every((container) => container.ready)
  const index = store.list(kinds.pods).findIndex((other) => other.metadata.uid === pod.metadata.uid)
  const next = {
    ...pod,
    spec: { serviceAccountName: 'default', ...spec, nodeName },
    status: {
      phase: isUp ? 'Running' : 'Pending',
      podIP: (pod['status'] as { podIP?: string } | undefined)?.podIP ?? `10.244.0.${index + 2}`,
      startTime: startedAt,
      conditions: [
        condition('PodScheduled', true),
        condition('Initialized', true),
        condition('ContainersReady', isUp),
        condition('Ready', isUp, isUp ? undefined : 'ContainersNotReady'),
      ],
      containerStatuses: containers,
    },
  }
  store.replace(kinds.pods, next)
}

function missing(image: string): { reason: string; message: string } {
  return { reason: 'ErrImagePull', message: `image ${image} is not on the node` }
}

function condition(type: string, isTrue: boolean, reason?: string): Record<string, string> {
  return { type, status: isTrue ? 'True' : 'False', ...(reason === undefined ? {} : { reason }) }
}

function isTainted(node: KubeObject): boolean {
  const { taints = [] } = (node['spec'] ?? {}) as { taints?: { effect: string }[] }
  return taints.some((taint) => taint.effect !== 'PreferNoSchedule')
}

function isReady(pod: KubeObject): boolean {
  const { conditions = [] } = (pod['status'] ?? {}) as { conditions?: { type: string; status: string }[] }
  return conditions.some((c) => c.type === 'Ready' && c.status === 'True')
}

function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  return object.metadata.ownerReferences?.some((r) => r.uid === owner.metadata.uid) ?? false
}

function ownerReference({ apiVersion, kind, metadata }: KubeObject): {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller: boolean
} {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid ?? '', controller: true }
}

function sum(objects: KubeObject[], field: string): number {
  return objects.reduce((total, o) => total + ((o['status'] as Record<string, number> | undefined)?.[field] ?? 0), 0)
}

function writeStatus(
  store: ObjectStore,
  kind: ResourceKind,
  object: KubeObject,
  status: Record<string, unknown>,
): void {
  const current = store.get(kind, object.metadata.namespace, object.metadata.name)
  store.replace(kind, { ...current, status: { ...(current['status'] as object | undefined), ...status } })
}

function nextOrdinal(pods: KubeObject[], i: number): string {
  const taken = new Set(pods.map((pod) => Number(pod.metadata.name.split('-').at(-1))))
  const free = [...Array(taken.size + i + 1).keys()].filter((n) => !taken.has(n))
  return String(free[i] ?? taken.size + i)
}

function randomSuffix(): string {
  return Math.random().toString(36).slice(2, 7).padEnd(5, '0')
}
