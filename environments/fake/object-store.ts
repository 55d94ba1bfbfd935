import { randomUUID } from 'node:crypto'
import { groupVersion, type KubeObject, type WatchEvent } from '../../harness/base/kube-client.ts'
import { builtInResources, customResources, type ResourceKind } from './resource-kinds.ts'

/** What the server would answer with a Status. */
export class Refusal extends Error {
  readonly status: number
  readonly reason: string

  constructor(status: number, reason: string, message: string) {
    super(message)
    this.status = status
    this.reason = reason
  }
}

export interface StoredEvent {
  resource: ResourceKind
  type: 'ADDED' | 'MODIFIED' | 'DELETED'
  object: KubeObject
  previous: KubeObject | undefined
  version: number
}

/** Everything of a store that a snapshot keeps. */
export interface StoreState {
  version: number
  objects: { resource: ResourceKind; object: KubeObject }[]
}

/** The objects of one cluster, with what every API server keeps straight: versions, identities, owners, finalizers. */
export class ObjectStore {
  #version = 1
  readonly #objects = new Map<string, { resource: ResourceKind; object: KubeObject }>()
  readonly #listeners = new Set<(event: StoredEvent) => void>()
  /** Everything that happened, for watches that begin in the past. */
  readonly events: StoredEvent[] = []

  constructor(state?: StoreState) {
    if (!state) return
    this.#version = state.version
    for (const { resource, object } of structuredClone(state.objects)) {
      this.#objects.set(keyOf(resource, object.metadata.namespace, object.metadata.name), { resource, object })
    }
  }

  get version(): number {
    return this.#version
  }

  get state(): StoreState {
    return structuredClone({ version: this.#version, objects: [...this.#objects.values()] })
  }

  resources(): ResourceKind[] {
    const definitions = this.list(mustFind('apiextensions.k8s.io', 'customresourcedefinitions'))
    return [...builtInResources, ...definitions.flatMap(customResources)]
  }

  resource(group: string, version: string, plural: string): ResourceKind | undefined {
    return this.resources().find((r) => r.group === group && r.version === version && r.plural === plural)
  }

  list(resource: ResourceKind, namespace?: string): KubeObject[] {
    const items = [...this.#objects.values()]
      .filter((entry) => isSame(entry.resource, resource))
      .map((entry) => served(resource, entry.object))
      .filter((object) => namespace === undefined || object.metadata.namespace === namespace)
    return items.toSorted((a, b) => nameOf(a).localeCompare(nameOf(b)))
  }

  find(resource: ResourceKind, namespace: string | undefined, name: string): KubeObject | undefined {
    const entry = this.#objects.get(keyOf(resource, namespace, name))
    return entry && served(resource, entry.object)
  }

  get(resource: ResourceKind, namespace: string | undefined, name: string): KubeObject {
    const object = this.find(resource, namespace, name)
    if (!object) throw new Refusal(404, 'NotFound', `${resource.plural} "${name}" not found`)
    return object
  }

  create(resource: ResourceKind, object: KubeObject): KubeObject {
    const { namespace, name } = object.metadata
    if (this.find(resource, namespace, name)) {
      throw new Refusal(409, 'AlreadyExists', `${resource.plural} "${name}" already exists`)
    }
    if (resource.isNamespaced) this.#mustAccept(namespace ?? '')
    const made: KubeObject = {
      ...object,
      apiVersion: groupVersion(resource),
      kind: resource.kind,
      metadata: {
        ...object.metadata,
        uid: randomUUID(),
        creationTimestamp: new Date().toISOString().replace(/\.\d+Z$/, 'Z'),
        generation: 1,
      },
    }
    return this.#put(resource, made, undefined)
  }

  /** Replaces an object; a resource version in it must be the present one. */
  replace(resource: ResourceKind, object: KubeObject): KubeObject {
    const { namespace, name, resourceVersion } = object.metadata
    const before = this.get(resource, namespace, name)
    if (resourceVersion !== undefined && resourceVersion !== before.metadata.resourceVersion) {
      const why = 'the object has been modified; please apply your changes to the latest version and try again'
      throw new Refusal(409, 'Conflict', `Operation cannot be fulfilled on ${resource.plural} "${name}": ${why}`)
    }
    const { uid, creationTimestamp, deletionTimestamp, generation = 1 } = before.metadata
    const isChanged = !isEqual(contentOf(before), contentOf(object))
    const metadata = { ...object.metadata, uid: uid!, creationTimestamp: creationTimestamp! }
    metadata.resourceVersion = before.metadata.resourceVersion!
    metadata.generation = generation + (isChanged ? 1 : 0)
    if (deletionTimestamp !== undefined) metadata.deletionTimestamp = deletionTimestamp
    const next = { ...object, apiVersion: groupVersion(resource), kind: resource.kind, metadata }
    if (isEqual(next, before)) return before
    const stored = this.#put(resource, next, before)
    const isLetGo = stored.metadata.deletionTimestamp !== undefined && (stored.metadata.finalizers ?? []).length === 0
    if (isLetGo && resource.plural !== 'namespaces') this.#remove(resource, stored)
    return stored
  }

  /** Deletes an object, and what it owns or holds, unless finalizers keep it. */
  delete(resource: ResourceKind, namespace: string | undefined, name: string, policy?: string): KubeObject {
    const object = this.get(resource, namespace, name)
    if ((object.metadata.finalizers ?? []).length > 0) {
      const deletionTimestamp = object.metadata.deletionTimestamp ?? new Date().toISOString()
      return this.#put(resource, { ...object, metadata: { ...object.metadata, deletionTimestamp } }, object)
    }
    if (resource.plural === 'namespaces' && resource.group === '') return this.#deleteNamespace(resource, object)
    this.#remove(resource, object)
    for (const entry of this.#ownedBy(object)) {
      if (policy === 'Orphan') this.#disown(entry, object)
      else this.delete(entry.resource, entry.object.metadata.namespace, entry.object.metadata.name, policy)
    }
    return object
  }

  subscribe(listener: (event: StoredEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #put(resource: ResourceKind, object: KubeObject, previous: KubeObject | undefined): KubeObject {
    const stored = structuredClone(object)
    stored.metadata.resourceVersion = String(++this.#version)
    this.#objects.set(keyOf(resource, stored.metadata.namespace, stored.metadata.name), { resource, object: stored })
    this.#tell({ resource, type: previous ? 'MODIFIED' : 'ADDED', object: stored, previous, version: this.#version })
    return served(resource, stored)
  }

  #remove(resource: ResourceKind, object: KubeObject): void {
    const key = keyOf(resource, object.metadata.namespace, object.metadata.name)
    if (!this.#objects.delete(key)) return
    const last = { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.#version) } }
    this.#tell({ resource, type: 'DELETED', object: last, previous: object, version: this.#version })
    this.#finishNamespace(object.metadata.namespace)
  }

  #deleteNamespace(resource: ResourceKind, namespace: KubeObject): KubeObject {
    const deletionTimestamp = namespace.metadata.deletionTimestamp ?? new Date().toISOString()
    const metadata = { ...namespace.metadata, deletionTimestamp }
    const leaving = this.#put(resource, { ...namespace, metadata, status: { phase: 'Terminating' } }, namespace)
    const inside = [...this.#objects.values()].filter((e) => e.object.metadata.namespace === namespace.metadata.name)
    for (const { resource: kind, object } of inside) {
      if (this.find(kind, object.metadata.namespace, object.metadata.name))
        this.delete(kind, object.metadata.namespace, object.metadata.name)
    }
    this.#finishNamespace(namespace.metadata.name)
    return leaving
  }

  /** A namespace that is being deleted goes with the last object in it. */
  #finishNamespace(name: string | undefined): void {
    const namespaces = mustFind('', 'namespaces')
    const namespace = name === undefined ? undefined : this.find(namespaces, undefined, name)
    if (!namespace?.metadata.deletionTimestamp) return
    if ([...this.#objects.values()].some((entry) => entry.object.metadata.namespace === name)) return
    this.#remove(namespaces, namespace)
  }

  #mustAccept(name: string): void {
    const namespace = this.find(mustFind('', 'namespaces'), undefined, name)
    if (!namespace) throw new Refusal(404, 'NotFound', `namespaces "${name}" not found`)
    if (namespace.metadata.deletionTimestamp !== undefined) {
      throw new Refusal(403, 'Forbidden', `namespace ${name} is being terminated: no new objects`)
    }
  }

  #ownedBy(owner: KubeObject): { resource: ResourceKind; object: KubeObject }[] {
    return [...this.#objects.values()].filter((entry) =>
      entry.object.metadata.ownerReferences?.some((reference) => reference.uid === owner.metadata.uid),
    )
  }

  #disown({ resource, object }: { resource: ResourceKind; object: KubeObject }, owner: KubeObject): void {
    const ownerReferences = object.metadata.ownerReferences?.filter((r) => r.uid !== owner.metadata.uid) ?? []
    this.#put(resource, { ...object, metadata: { ...object.metadata, ownerReferences } }, object)
  }

  #tell(event: StoredEvent): void {
    this.events.push(event)
    for (const listener of this.#listeners) listener(event)
  }
}

/** A built-in resource by group and plural. */
export function mustFind(group: string, plural: string): ResourceKind {
  const found = builtInResources.find((r) => r.group === group && r.plural === plural)
  if (!found) throw new TypeError(`no resource ${plural}.${group}`)
  return found
}

export function isSame(a: ResourceKind, b: ResourceKind): boolean {
  return a.group === b.group && a.plural === b.plural
}

export function toWatchEvent(type: WatchEvent['type'], resource: ResourceKind, object: KubeObject): WatchEvent {
  return { type, object: served(resource, object) }
}

/** A copy in the version that was asked for. */
function served(resource: ResourceKind, object: KubeObject): KubeObject {
  return { ...structuredClone(object), apiVersion: groupVersion(resource), kind: resource.kind }
}

/** What a change of makes a new generation. */
function contentOf(object: KubeObject): unknown {
  return { ...object, metadata: undefined, status: undefined, apiVersion: undefined, kind: undefined }
}

function isEqual(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => a.localeCompare(b))
  return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]))
}

function keyOf(resource: ResourceKind, namespace: string | undefined, name: string): string {
  return `${resource.group}/${resource.plural}/${resource.isNamespaced ? (namespace ?? '') : ''}/${name}`
}

function nameOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}
