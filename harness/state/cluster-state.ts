import type { KubeObject } from '../base/kube-client.ts'

/** Everything a cluster held at one moment, as the API server gave it (without managedFields); plain JSON. */
export interface ClusterState {
  /** When the snapshot began, RFC 3339. */
  takenAt: string
  objects: KubeObject[]
  /** Kinds that exist but could not be listed; they are never compared. */
  unreadable: UnreadableKind[]
}

/** A kind, or with kind `*` a whole group, that the server would not list. */
export interface UnreadableKind {
  group: string
  kind: string
  because: string
}

/** What makes an object the same object in two snapshots, whatever version of its kind was read. */
export interface ObjectId {
  group: string
  kind: string
  /** Undefined for cluster-scoped objects. */
  namespace?: string
  name: string
}

/** The identity of an object. */
export function idOf(object: KubeObject): ObjectId {
  const { namespace, name } = object.metadata
  return { group: groupOf(object.apiVersion), kind: object.kind, ...(namespace ? { namespace } : {}), name }
}

/** An identity as a map key. */
export function keyOfId(id: ObjectId): string {
  return `${id.group}/${id.kind}/${id.namespace ?? ''}/${id.name}`
}

/** An identity as people write it: `deployment/checkout -n shop`. */
export function printId(id: ObjectId): string {
  const kind = id.kind.toLowerCase()
  const isCustom = id.group.includes('.') && !id.group.endsWith('.k8s.io')
  return `${kind}${isCustom ? `.${id.group}` : ''}/${id.name}${id.namespace === undefined ? '' : ` -n ${id.namespace}`}`
}

/** The group of an apiVersion; the core group is the empty string. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}
