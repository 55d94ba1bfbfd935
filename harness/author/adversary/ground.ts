import type { KubeObject } from '../../base/kube-client.ts'
import { groupOf, idOf, keyOfId, type ObjectId } from '../../state/cluster-state.ts'
import { isMentioned } from '../../state/may-change.ts'
import { pluralOf } from '../../state/object-selector.ts'
import { podSpecOf } from '../../state/pod-spec-of.ts'
import { hasAllPods, readyPodsOf } from '../../state/ready-pods.ts'
import type { Ground, Right } from './adversary.ts'

/** A workload whose pods a controller makes and remakes. */
const workloadKinds = new Set(['Deployment', 'StatefulSet', 'DaemonSet'])

export function isWorkload({ kind }: KubeObject): boolean {
  return workloadKinds.has(kind)
}

/** The objects of a kind in the task's namespaces, or of the whole cluster where it has no namespace. */
export function objectsOf(ground: Ground, kind: string, state: 'broken' | 'fixed' = 'fixed'): KubeObject[] {
  const own = new Set(ground.task.namespaces)
  return ground[state].objects.filter(
    (object) => object.kind === kind && (object.metadata.namespace === undefined || own.has(object.metadata.namespace)),
  )
}

export function findObject(ground: Ground, id: ObjectId, state: 'broken' | 'fixed' = 'fixed'): KubeObject | undefined {
  const key = keyOfId(id)
  return ground[state].objects.find((object) => keyOfId(idOf(object)) === key)
}

/** The objects that the solution changed and that are there before and after, as they are after it. */
export function repairedObjects(ground: Ground): KubeObject[] {
  const ids = new Map(ground.repairs.map(({ object }) => [keyOfId(object), object]))
  return [...ids.values()].flatMap((id) => (findObject(ground, id, 'broken') ? (findObject(ground, id) ?? []) : []))
}

/** Workloads of the task's namespaces, those nearest to the repair first. */
export function workloadsByNearness(ground: Ground): KubeObject[] {
  const repaired = repairedObjects(ground)
  const isRepaired = (object: KubeObject): boolean => repaired.includes(object)
  const spaces = new Set(repaired.map(({ metadata }) => metadata.namespace))
  const named = new Set(repaired.flatMap((object) => wordsIn(object)))
  const rank = (object: KubeObject): number =>
    (isRepaired(object) ? 0 : 4) +
    (spaces.has(object.metadata.namespace) ? 0 : 2) +
    (named.has(object.metadata.name) ? 0 : 1)
  return ground.fixed.objects
    .filter((object) => isWorkload(object) && ground.task.namespaces.includes(object.metadata.namespace ?? ''))
    .toSorted((a, b) => rank(a) - rank(b))
}

/**
 * Workloads that work, that no repair is about and that the contract does not name; a wildcard that covers them may be too
 * wide. The pods of what does not work may be replaced without harm.
 */
export function bystanders(ground: Ground): KubeObject[] {
  const repaired = repairedObjects(ground)
  const named = ground.allowances.filter(({ selector }) => !selector.name.includes('*'))
  return workloadsByNearness(ground).filter(
    (object) => !repaired.includes(object) && !isMentioned(idOf(object), named) && workedBroken(ground, object),
  )
}

/** Whether all of a workload's pods were ready before anybody repaired anything. */
function workedBroken(ground: Ground, workload: KubeObject): boolean {
  const was = findObject(ground, idOf(workload), 'broken')
  return was !== undefined && hasAllPods(readyPodsOf(was))
}

/** The first of some candidates that the agent may do something to, else the first. */
export function firstAllowed(ground: Ground, candidates: readonly KubeObject[], verb: string): KubeObject | undefined {
  return candidates.find((object) => isPermitted(ground, rightTo(verb, object))) ?? candidates[0]
}

/** Objects in namespaces where the agent may do something to a kind of core objects first, then the others. */
export function byRight(
  ground: Ground,
  objects: readonly KubeObject[],
  right: { verb: string; resource: string },
): KubeObject[] {
  const isOpen = ({ metadata: { namespace } }: KubeObject): boolean =>
    isPermitted(ground, { ...right, group: '', ...(namespace === undefined ? {} : { namespace }) })
  return [...objects.filter(isOpen), ...objects.filter((object) => !isOpen(object))]
}

/** A namespace of the task in which the agent may create objects of a core kind, where there is one. */
export function namespaceFor(ground: Ground, resource: string): string | undefined {
  const names = ground.task.namespaces
  return names.find((namespace) => isPermitted(ground, { verb: 'create', group: '', resource, namespace })) ?? names[0]
}

/** The Services that lead to a workload's pods. */
export function servicesOf(ground: Ground, workload: KubeObject): KubeObject[] {
  const labels = templateLabels(workload)
  return objectsOf(ground, 'Service').filter(({ metadata, ...service }) => {
    const selector = Object.entries((service as { spec?: { selector?: Record<string, string> } }).spec?.selector ?? {})
    const isHere = metadata.namespace === workload.metadata.namespace
    return isHere && selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
  })
}

export function templateLabels(workload: KubeObject): Record<string, string> {
  const spec = workload['spec'] as { template?: { metadata?: { labels?: Record<string, string> } } }
  return spec.template?.metadata?.labels ?? {}
}

export interface Container {
  name: string
  image: string
  env?: { name: string; value?: string }[]
  resources?: { limits?: Record<string, string> }
  [field: string]: unknown
}

export function containersOf(workload: KubeObject): Container[] {
  return (podSpecOf(workload)?.spec as { containers?: Container[] } | undefined)?.containers ?? []
}

export function replicasOf(workload: KubeObject): number {
  const { replicas } = (workload['spec'] ?? {}) as { replicas?: number }
  return workload.kind === 'DaemonSet' ? 1 : (replicas ?? 1)
}

/** What a request on an object needs. */
export function rightTo(verb: string, object: KubeObject): Right {
  const { name, namespace } = object.metadata
  return {
    verb,
    group: groupOf(object.apiVersion),
    resource: pluralOf(object.kind),
    ...(namespace === undefined ? {} : { namespace }),
    ...(verb === 'create' ? {} : { name }),
  }
}

/** Whether the task's permissions give the agent a right. */
export function isPermitted({ task }: Ground, right: Right): boolean {
  const inNamespace = right.namespace === undefined ? [] : (task.permissions.namespaces[right.namespace] ?? [])
  return [...task.permissions.cluster, ...inNamespace].some(
    (rule) =>
      rule.apiGroups.includes(right.group) &&
      rule.resources.includes(right.resource) &&
      rule.verbs.includes(right.verb) &&
      (rule.resourceNames === undefined || (right.name !== undefined && rule.resourceNames.includes(right.name))),
  )
}

/** An object as kubectl's arguments name it. */
export function target(object: KubeObject): string {
  const { name, namespace } = object.metadata
  const group = groupOf(object.apiVersion)
  const kind = group === '' ? object.kind : `${object.kind}.${object.apiVersion.split('/')[1]}.${group}`
  return `${kind.toLowerCase()}/${name}${namespace === undefined ? '' : ` -n ${namespace}`}`
}

/** The words of an object's texts, by which it may speak of others. */
function wordsIn(value: unknown): string[] {
  if (typeof value === 'string') return value.split(/[^\w-]+/)
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(wordsIn)
}
