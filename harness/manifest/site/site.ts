import { kindOf } from '../../base/kube-kinds.ts'
import { KubeError, type KubeClient, type KubeObject } from '../../base/kube-client.ts'
import { messageOf } from '../../base/errors.ts'
import { concealSecret } from '../../record/conceal-secret.ts'
import type { ManifestSpec } from '../../task/manifest-spec.ts'
import { nameObject } from '../parse-answer.ts'
import type { Finding } from '../verdict.ts'
import { sleep } from '../../base/clock.ts'
import { enterCluster } from './alone.ts'
import { asEvaluation, asWrapper, bindEvaluation, createOnce, evaluation } from './evaluation-identity.ts'
import { claim } from './claim.ts'
import { poll } from './poll.ts'

/** What a site is opened for. */
export interface SiteTask {
  spec: ManifestSpec
  /** What is there before the answer. */
  world: readonly KubeObject[]
}

export interface SiteOptions {
  client: KubeClient
  task: SiteTask
  signal: AbortSignal
  /**
   * What was made is deleted one by one, and the namespace is there for the next answer to the task: much cheaper than a
   * new one, in a cluster that is thrown away. Only for tasks that run no pods, which leave things of their own behind.
   */
  keepsNamespace?: boolean
  /** Nobody else may judge in the cluster meanwhile: the answer could change what they see. */
  isAlone?: boolean
  /** It is built for somebody to look at, and no answer is judged in it. */
  onlyLooks?: boolean
}

/**
 * The place in a cluster where one answer is tried: the task's namespace with its world. Disposing of it deletes the
 * namespace and everything the answer made outside of it, and does not wait for the end of that.
 */
export class Site implements AsyncDisposable {
  readonly client: KubeClient
  readonly task: SiteTask
  readonly signal: AbortSignal
  /** The world as it was before the answer, by `keyOf`. */
  readonly before: Map<string, KubeObject> = new Map()
  readonly #outside: string[] = []
  readonly #claims: Disposable[] = []
  readonly #keepsNamespace: boolean
  readonly #isAlone: boolean
  /** What lies in a namespace that is kept. */
  readonly #inside = new Set<string>()
  #isBuilt = false

  private constructor(options: SiteOptions) {
    this.client = options.client
    this.task = options.task
    this.signal = options.signal
    this.#keepsNamespace = options.keepsNamespace === true
    this.#isAlone = options.isAlone === true
  }

  static async open(options: SiteOptions): Promise<Site> {
    const site = new Site(options)
    const presence = await enterCluster(options.client, { isAlone: options.isAlone === true })
    site.#claims.push(presence)
    try {
      await site.#build()
      // nobody waits for those who think
      if (options.onlyLooks === true) {
        site.#claims.splice(site.#claims.indexOf(presence), 1)
        presence[Symbol.dispose]()
      }
      return site
    } catch (error) {
      await site[Symbol.asyncDispose]()
      throw error
    }
  }

  /** The namespace that the request is about; requests about kinds without one have none. */
  get namespace(): string | undefined {
    return this.task.spec.namespace
  }

  /**
   * Applies an answer the way kubectl does, object by object: in the namespace as a restricted account, outside of it
   * by a wrapper that makes only what the task asks for.
   */
  async apply(objects: readonly KubeObject[]): Promise<{ findings: Finding[]; warnings: string[] }> {
    const findings: Finding[] = []
    const warnings: string[] = []
    for (const object of objects) {
      try {
        warnings.push(...(await this.#applyOne(object)).map((text) => `${nameObject(object)}: ${text}`))
      } catch (error) {
        if (!(error instanceof KubeError || error instanceof Refusal)) throw error
        findings.push({ id: 'runtime/refused', object: nameObject(object), because: messageOf(error) })
      }
    }
    return { findings, warnings }
  }

  /** Deletes the objects that an answer names. */
  async remove(objects: readonly KubeObject[]): Promise<Finding[]> {
    const findings: Finding[] = []
    for (const object of objects) {
      try {
        const { path, headers } = await this.#reach(object)
        await this.client.delete(path, { headers, signal: this.signal, body: { propagationPolicy: 'Background' } })
      } catch (error) {
        if (!(error instanceof KubeError || error instanceof Refusal)) throw error
        findings.push({ id: 'runtime/refused', object: nameObject(object), because: messageOf(error) })
      }
    }
    return findings
  }

  /** An object as it is now; undefined when there is none. */
  async find(object: {
    apiVersion: string
    kind: string
    name: string
    namespace?: string
  }): Promise<KubeObject | undefined> {
    const namespace = object.namespace ?? this.namespace
    const metadata = { name: object.name, ...(namespace === undefined ? {} : { namespace }) }
    return this.client.find(await this.client.pathOf({ ...object, metadata }), { signal: this.signal })
  }

  /** What the task and some objects speak of, as it is now; values of Secrets are marks. */
  async look(objects: readonly KubeObject[]): Promise<KubeObject[]> {
    const { spec } = this.task
    const named = [...spec.objects, ...[...this.before.values(), ...objects].map(reference)]
    const seen = new Map<string, KubeObject>()
    for (const one of named) {
      const found = await this.find(one).catch((error: unknown) => {
        // an answer may name kinds that are not served
        if (error instanceof KubeError) return undefined
        throw error
      })
      if (!found) continue
      const { managedFields: _, ...metadata } = found.metadata as KubeObject['metadata'] & { managedFields?: unknown }
      seen.set(keyOf(found), concealSecret({ ...found, metadata }))
      if (seen.size >= mostShown) break
    }
    return [...seen.values()]
  }

  /** What objects would be once they are applied; nothing is kept. */
  async preview(objects: readonly KubeObject[]): Promise<KubeObject[]> {
    return Promise.all(
      objects.map(async (object) => {
        const placed = this.#place(object)
        return this.client.patch(await this.client.pathOf(placed), placed, {
          contentType: 'application/apply-patch+yaml',
          query: { fieldManager: evaluation.manager, force: true, dryRun: 'All' },
          signal: this.signal,
        })
      }),
    )
  }

  /** Makes something of ours that lies outside of the namespace, to be deleted with it. */
  async createOutside(collection: string, object: KubeObject): Promise<void> {
    this.#outside.push(`${collection}/${object.metadata.name}`)
    await createOnce(this.client, collection, object)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const own = this.namespace === undefined ? [] : [`/api/v1/namespaces/${this.namespace}`]
    for (const path of this.#outside) await this.#delete(path)
    const isClean = this.#keepsNamespace && this.#isBuilt && (await this.#empty())
    if (!isClean) for (const path of own) await this.#delete(path)
    // the API server learns a moment later what is no longer allowed or forbidden
    if (this.#isAlone) await sleep(1000)
    for (const held of this.#claims) held[Symbol.dispose]()
  }

  async #delete(path: string): Promise<void> {
    await this.client.delete(path, { body: { propagationPolicy: 'Background' } }).catch((error: unknown) => {
      if (!(error instanceof KubeError && error.status === 404)) throw error
    })
  }

  /** Deletes what was made in the namespace; answers whether it has gone. */
  async #empty(): Promise<boolean> {
    for (const path of this.#inside) await this.#delete(path)
    for (const path of this.#inside) {
      const isGone = (object: KubeObject | undefined): boolean => object === undefined
      const left = await poll(() => this.client.find(path), isGone, { withinMs: 10_000, signal: this.signal })
      if (left !== undefined) return false
    }
    return true
  }

  async #build(): Promise<void> {
    const { namespace } = this
    const namespaces = [...(namespace === undefined ? [] : [namespace]), ...this.#askedNamespaces()]
    const paths = new Set([
      ...namespaces.map((name) => `/api/v1/namespaces/${name}`),
      ...(await Promise.all(
        this.#askedOutside().map(({ apiVersion, kind, name }) =>
          this.client.pathOf({ apiVersion, kind, metadata: { name } }),
        ),
      )),
      ...subjectsOf(this.task.spec),
    ])
    const home = `/api/v1/namespaces/${namespace}`
    // several tasks may speak of the same thing: one after the other, and in one order, so that nobody waits in a circle
    for (const path of [...paths].toSorted()) {
      this.#claims.push(await claim(path))
      if (!path.startsWith('/') || (this.#keepsNamespace && path === home)) continue
      await this.#untilGone(path)
    }
    if (namespace !== undefined && !(await this.#isKept(home))) {
      const own = this.task.world.find(({ kind, metadata }) => kind === 'Namespace' && metadata.name === namespace)
      const object = own ?? { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
      await this.client.create('/api/v1/namespaces', object, { signal: this.signal })
      await this.#admit(namespace, namespace)
    }
    for (const object of this.task.world) {
      if (object.kind === 'Namespace' && object.metadata.name === namespace) continue
      const path = await this.client.pathOf(this.#place(object))
      if (this.#isNamespaced(object)) this.#inside.add(path)
      else this.#outside.push(path)
      const made = await this.#applyRaw(path, this.#place(object), {})
      this.before.set(keyOf(made), made)
    }
    this.#isBuilt = true
  }

  /** Whether an earlier answer to the task left its namespace for this one. */
  async #isKept(home: string): Promise<boolean> {
    if (!this.#keepsNamespace) return false
    const found = await this.client.find(home, { signal: this.signal })
    if (found?.metadata.deletionTimestamp !== undefined) await this.#untilGone(home)
    return found !== undefined && found.metadata.deletionTimestamp === undefined
  }

  /** Lets the restricted account into a namespace, and waits until the API server knows. */
  async #admit(namespace: string, home: string): Promise<void> {
    await bindEvaluation(this.client, namespace, home)
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        user: `system:serviceaccount:${home}:evaluation`,
        resourceAttributes: { verb: 'create', resource: 'configmaps', namespace },
      },
    }
    await poll(
      () =>
        this.client.create<{ status: { allowed: boolean } }>(
          '/apis/authorization.k8s.io/v1/subjectaccessreviews',
          review,
        ),
      ({ status }) => status.allowed,
      { withinMs: 20_000, signal: this.signal },
    )
  }

  async #untilGone(path: string): Promise<void> {
    const left = await poll(
      () => this.client.find(path, { signal: this.signal }),
      (object) => object === undefined || object.metadata.deletionTimestamp === undefined,
      { withinMs: 120_000, signal: this.signal },
    )
    if (left !== undefined) throw new Error(`${path} is already there`)
  }

  async #applyOne(object: KubeObject): Promise<string[]> {
    const { path, headers, placed, isOutside } = await this.#reach(object)
    if (isOutside && !(await this.client.find(path))) this.#outside.push(path)
    if (!isOutside) this.#inside.add(path)
    const made = await this.#applyRaw(path, placed, headers)
    if (object.kind === 'Namespace') await this.#admit(object.metadata.name, this.namespace ?? object.metadata.name)
    return warningsOf.get(made) ?? []
  }

  async #applyRaw(path: string, object: KubeObject, headers: Record<string, string>): Promise<KubeObject> {
    const answer = await this.client.requestAnswer('PATCH', path, {
      body: object,
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager: evaluation.manager, force: true, fieldValidation: 'Strict' },
      headers,
      signal: this.signal,
    })
    if (answer.status > 299) throw new KubeError('PATCH', path, answer.status, answer.text)
    const made = JSON.parse(answer.text) as KubeObject
    const warning = [answer.headers['warning'] ?? []].flat()
    warningsOf.set(
      made,
      warning.flatMap((text) => [...text.matchAll(/299 - "((?:[^"\\]|\\.)*)"/g)].map(([, inner]) => inner ?? '')),
    )
    return made
  }

  /** The path of an object and as whom to ask; throws when the task lets nobody make it. */
  async #reach(
    object: KubeObject,
  ): Promise<{ path: string; headers: Record<string, string>; placed: KubeObject; isOutside: boolean }> {
    const placed = this.#place(object)
    const path = await this.client.pathOf(placed)
    if (path.includes('/namespaces/') && object.kind !== 'Namespace') {
      const home = this.namespace ?? placed.metadata.namespace ?? 'default'
      const isOwn =
        placed.metadata.namespace === this.namespace ||
        this.#askedNamespaces().includes(placed.metadata.namespace ?? '')
      if (!isOwn)
        throw new Refusal(`namespace ${placed.metadata.namespace ?? 'default'} is not what the request is about`)
      return { path, headers: asEvaluation(home), placed, isOutside: false }
    }
    const isAsked = this.#askedOutside().some(({ kind, name }) => kind === object.kind && name === object.metadata.name)
    if (!isAsked) throw new Refusal('the request asks for no such object outside of its namespace')
    return { path, headers: asWrapper, placed, isOutside: true }
  }

  #place(object: KubeObject): KubeObject {
    if (!this.#isNamespaced(object) || object.metadata.namespace !== undefined) return object
    const namespace = this.namespace ?? this.#askedNamespaces()[0]
    return namespace === undefined ? object : { ...object, metadata: { ...object.metadata, namespace } }
  }

  #isNamespaced(object: { apiVersion: string; kind: string }): boolean {
    return kindOf(object)?.isNamespaced ?? true
  }

  #askedNamespaces(): string[] {
    return this.task.spec.objects.filter(({ kind }) => kind === 'Namespace').map(({ name }) => name)
  }

  #askedOutside(): { apiVersion: string; kind: string; name: string }[] {
    return this.task.spec.objects.filter((object) => !this.#isNamespaced(object))
  }
}

/** Users and groups that the request is about: what one answer lets them do, another would be asked about. */
function subjectsOf({ objects, effects }: ManifestSpec): string[] {
  const asked = effects.flatMap((effect) => ('access' in effect ? [effect.access] : []))
  const bound = objects.flatMap(({ subjects = [] }) => subjects).filter(({ kind }) => kind !== 'ServiceAccount')
  const names = [...bound.map(({ name }) => name), ...asked.flatMap(({ as, groups = [] }) => [as ?? [], groups].flat())]
  return [...new Set(names)].map((name) => `subject ${name}`)
}

/** An answer may have many objects; this many tell enough. */
const mostShown = 60

function reference({ apiVersion, kind, metadata }: KubeObject): Parameters<Site['find']>[0] {
  const { name, namespace } = metadata
  return { apiVersion, kind, name, ...(namespace === undefined ? {} : { namespace }) }
}

/** What tells an object from others. */
export function keyOf(object: KubeObject): string {
  return [object.apiVersion, object.kind, object.metadata.namespace ?? '', object.metadata.name].join('|')
}

class Refusal extends Error {}

const warningsOf = new WeakMap<KubeObject, string[]>()
