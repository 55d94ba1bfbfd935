import { sleep, startTimer } from '../base/clock.ts'
import {
  collectionPath,
  groupVersion,
  isConnectionError,
  KubeClient,
  KubeError,
  type ApiResource,
  type KubeAccess,
  type KubeObject,
} from '../base/kube-client.ts'
import type { ObjectRef } from './events.ts'

/** What is told of every change; a TimelineWriter is one. */
export interface StateSink {
  put(object: KubeObject, change: 'present' | 'added' | 'modified'): void
  remove(ref: ObjectRef): void
  /** Changes of this kind may have gone unseen for a time; what came of them has just been told. */
  gap?(gap: { kind: string; because: string; durationMs: number }): void
}

export interface WatchStateOptions {
  access: KubeAccess
  /** Every namespaced kind is watched in these. */
  namespaces: readonly string[]
  /** Kinds without a namespace that are watched, as `group/Kind` or `Kind`. */
  clusterKinds?: readonly string[]
  sink: StateSink
  /** How long the server keeps one watch request open before we ask for the next. */
  watchSeconds?: number
  signal?: AbortSignal
}

export const defaultClusterKinds: readonly string[] = [
  'Node',
  'Namespace',
  'PersistentVolume',
  'rbac.authorization.k8s.io/ClusterRole',
  'rbac.authorization.k8s.io/ClusterRoleBinding',
  'storage.k8s.io/StorageClass',
  'admissionregistration.k8s.io/ValidatingWebhookConfiguration',
  'admissionregistration.k8s.io/MutatingWebhookConfiguration',
]

/** A watch under way. Disposing of it ends it. */
export interface StateWatch extends AsyncDisposable {
  /** The kinds watched, as `group/version Kind`. */
  readonly kinds: string[]
  /** Ends the watch; throws what ended a part of it before, such as a permission taken away. */
  stop(): Promise<void>
}

/**
 * Tells the sink of every object that is there, then of every change, until stopped. Resolves when all that is there has
 * been told. Interrupted watches go on where they were; where the server has forgotten that place, everything is listed
 * again and compared, and the gap is told.
 */
export async function watchState(options: WatchStateOptions): Promise<StateWatch> {
  const abort = new AbortController()
  const signal = AbortSignal.any([abort.signal, ...(options.signal ? [options.signal] : [])])
  const client = new KubeClient(options.access, { maxSockets: Infinity })
  const resources = await watchable(client, options.clusterKinds ?? defaultClusterKinds)
  const watches = resources.map((resource) => new KindWatch(client, resource, options, signal))
  const end = async (): Promise<void> => {
    abort.abort()
    await Promise.allSettled(watches.map((watch) => watch.ended))
    client[Symbol.dispose]()
  }
  try {
    await Promise.all(watches.map((watch) => watch.start()))
  } catch (error) {
    await end()
    throw error
  }
  return {
    kinds: resources.map((r) => `${groupVersion(r)} ${r.kind}`),
    async stop() {
      await end()
      const failed = watches.find((watch) => watch.failure !== undefined)
      if (failed) throw failed.failure
    },
    [Symbol.asyncDispose]: end,
  }
}

/** Each kind once, at the version that the server prefers. */
async function watchable(client: KubeClient, clusterKinds: readonly string[]): Promise<ApiResource[]> {
  const kinds = new Map<string, ApiResource>()
  for (const resource of await client.resources()) {
    const name = resource.group === '' ? resource.kind : `${resource.group}/${resource.kind}`
    if (!resource.verbs.includes('watch') || !resource.verbs.includes('list')) continue
    if (!resource.isNamespaced && !clusterKinds.includes(name)) continue
    if (!kinds.has(name) && name !== 'events.k8s.io/Event') kinds.set(name, resource)
  }
  return [...kinds.values()]
}

/** Watches one kind in all namespaces at once, and looks away from those that are not asked for. */
class KindWatch {
  ended: Promise<void> = Promise.resolve()
  failure: unknown
  readonly #client: KubeClient
  readonly #resource: ApiResource
  readonly #options: WatchStateOptions
  readonly #signal: AbortSignal
  readonly #namespaces: ReadonlySet<string>
  /** The objects that are there, so that a new list can be compared. */
  readonly #known = new Map<string, { ref: ObjectRef; resourceVersion: string | undefined }>()
  #resourceVersion = ''

  constructor(client: KubeClient, resource: ApiResource, options: WatchStateOptions, signal: AbortSignal) {
    this.#client = client
    this.#resource = resource
    this.#options = options
    this.#signal = signal
    this.#namespaces = new Set(options.namespaces)
  }

  async start(): Promise<void> {
    await this.#list('present')
    this.ended = this.#follow().catch((error: unknown) => {
      if (!this.#signal.aborted) this.failure = error
    })
  }

  /** Watches until aborted or until the kind is gone; of what goes wrong only a refusal by the server ends it. */
  async #follow(): Promise<void> {
    let failures = 0
    let lostAt: (() => number) | undefined
    while (!this.#signal.aborted) {
      try {
        const elapsed = startTimer()
        const because = await this.#watchOnce()
        failures = 0
        if (elapsed() < 100) await sleep(100, this.#signal)
        if (because !== undefined) await this.#relist(because, lostAt?.() ?? 0)
        lostAt = undefined
      } catch (error) {
        if (this.#signal.aborted) return
        if (isKindGone(error)) return this.#forgetAll()
        if (!isPassing(error)) throw error
        lostAt ??= startTimer()
        failures++
        await sleep(Math.min(100 * 2 ** failures, 5000), this.#signal)
      }
    }
  }

  /** One watch request to its end; answers why a new list is needed, if it is. */
  async #watchOnce(): Promise<string | undefined> {
    const seconds = this.#options.watchSeconds ?? 240
    const silence = new AbortController()
    const timer = setTimeout(() => silence.abort(), (seconds + 30) * 1000).unref()
    const events = this.#client.watch(this.#path(), {
      query: { resourceVersion: this.#resourceVersion, allowWatchBookmarks: true, timeoutSeconds: seconds },
      signal: AbortSignal.any([this.#signal, silence.signal]),
    })
    try {
      for await (const { type, object } of events) {
        if (type === 'ERROR') return String(object['message'])
        this.#resourceVersion = object.metadata.resourceVersion ?? this.#resourceVersion
        if (type === 'DELETED') this.#remove(keyOf(object))
        else if (type !== 'BOOKMARK') this.#put(object, type === 'ADDED' ? 'added' : 'modified')
      }
      return undefined
    } catch (error) {
      if (error instanceof KubeError && error.status === 410) return error.message
      throw error
    } finally {
      clearTimeout(timer)
    }
  }

  async #relist(because: string, lostMs: number): Promise<void> {
    const elapsed = startTimer()
    await this.#list('modified')
    this.#options.sink.gap?.({ kind: this.#resource.kind, because, durationMs: Math.round(lostMs + elapsed()) })
  }

  /** Lists everything and tells the sink what is new, other or gone since the last time. */
  async #list(change: 'present' | 'modified'): Promise<void> {
    const gone = new Map(this.#known)
    let next: string | undefined
    do {
      const page = await this.#client.get<KubeObject & { items?: KubeObject[] }>(this.#path(), {
        query: { limit: 500, continue: next },
        signal: this.#signal,
      })
      this.#resourceVersion = page.metadata.resourceVersion ?? ''
      for (const item of page.items ?? []) {
        const object = { ...item, apiVersion: groupVersion(this.#resource), kind: this.#resource.kind }
        gone.delete(keyOf(object))
        this.#put(object, change === 'modified' && !this.#known.has(keyOf(object)) ? 'added' : change)
      }
      next = (page.metadata as { continue?: string }).continue || undefined
    } while (next !== undefined)
    for (const key of gone.keys()) this.#remove(key)
  }

  #forgetAll(): void {
    for (const key of this.#known.keys()) this.#remove(key)
  }

  #put(object: KubeObject, change: 'present' | 'added' | 'modified'): void {
    if (!this.#isAsked(object)) return
    const { namespace, name, uid, resourceVersion } = object.metadata
    const key = keyOf(object)
    if (resourceVersion !== undefined && this.#known.get(key)?.resourceVersion === resourceVersion) return
    const ref: ObjectRef = {
      apiVersion: object.apiVersion,
      kind: object.kind,
      ...(namespace === undefined ? {} : { namespace }),
      name,
      ...(uid === undefined ? {} : { uid }),
    }
    this.#known.set(key, { ref, resourceVersion })
    this.#options.sink.put(object, change)
  }

  #remove(key: string): void {
    const known = this.#known.get(key)
    this.#known.delete(key)
    if (known) this.#options.sink.remove(known.ref)
  }

  #isAsked(object: KubeObject): boolean {
    return object.metadata.namespace === undefined || this.#namespaces.has(object.metadata.namespace)
  }

  #path(): string {
    return collectionPath(this.#resource)
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

/** A custom kind goes when its definition goes. */
function isKindGone(error: unknown): boolean {
  return error instanceof KubeError && error.status === 404
}

/** Whether trying again can help: the server is away, busy or starting, or a page of a list came too late. */
function isPassing(error: unknown): boolean {
  if (error instanceof KubeError) return error.status === 410 || error.status === 429 || error.status >= 500
  return isConnectionError(error) || (error instanceof Error && ['AbortError', 'SyntaxError'].includes(error.name))
}
