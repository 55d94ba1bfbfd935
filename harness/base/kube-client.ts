import { readFile } from 'node:fs/promises'
import http from 'node:http'
import https from 'node:https'
import { isIP } from 'node:net'
import { createInterface } from 'node:readline'
import { parse } from 'yaml'
import { messageOf } from './errors.ts'

/** Any object as the API server gives it. */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: KubeMetadata
  [field: string]: unknown
}

export interface KubeMetadata {
  name: string
  namespace?: string
  uid?: string
  resourceVersion?: string
  generation?: number
  creationTimestamp?: string
  deletionTimestamp?: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: { apiVersion: string; kind: string; name: string; uid: string; controller?: boolean }[]
  finalizers?: string[]
  [field: string]: unknown
}

/** One row of discovery: a kind that the server serves, at its preferred version. */
export interface ApiResource {
  group: string
  version: string
  kind: string
  plural: string
  isNamespaced: boolean
  verbs: string[]
}

export interface RequestOptions {
  query?: Record<string, string | number | boolean | undefined>
  body?: unknown
  contentType?: string
  accept?: string
  headers?: Record<string, string>
  timeoutMs?: number
  signal?: AbortSignal
}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: KubeObject
}

/** A refusal by the API server, with the reason it gave. */
export class KubeError extends Error {
  readonly status: number
  readonly reason: string

  constructor(method: string, path: string, status: number, body: string) {
    const answer = parseStatus(body)
    super(`${method} ${path}: ${answer.message ?? body.slice(0, 300)} (${status})`)
    this.name = 'KubeError'
    this.status = status
    this.reason = answer.reason ?? String(status)
  }
}

/** What it takes to reach an API server: the part of a kubeconfig that every request needs. */
export interface KubeAccess {
  server: string
  ca?: string | Buffer
  cert?: string | Buffer
  key?: string | Buffer
  token?: string
  isInsecure?: boolean
  /** The namespace of requests that name none. */
  namespace?: string
}

/**
 * A thin client for one API server: paths in, plain objects out, connections kept open.
 * Plain kubeconfigs are read here; @kubernetes/client-node (a second to load) is asked for the others.
 */
export class KubeClient implements Disposable {
  readonly access: KubeAccess
  readonly #agent: http.Agent
  #resources: Promise<ApiResource[]> | undefined

  constructor(access: KubeAccess, { maxSockets = 32 }: { maxSockets?: number } = {}) {
    this.access = access
    const options = { keepAlive: true, maxSockets }
    this.#agent = access.server.startsWith('http:')
      ? new http.Agent(options)
      : new https.Agent({
          ...options,
          ...(access.ca === undefined ? {} : { ca: access.ca }),
          ...(access.cert === undefined ? {} : { cert: access.cert }),
          ...(access.key === undefined ? {} : { key: access.key }),
          rejectUnauthorized: !access.isInsecure,
        })
  }

  static async fromKubeconfig(file: string, context?: string): Promise<KubeClient> {
    return new KubeClient(await readAccess(file, context))
  }

  /** One request; the parsed body of a success, a `KubeError` otherwise. */
  async request<T = KubeObject>(method: string, path: string, options: RequestOptions = {}): Promise<T> {
    const text = await this.requestText(method, path, options)
    return (text === '' ? {} : JSON.parse(text)) as T
  }

  async requestText(method: string, path: string, options: RequestOptions = {}): Promise<string> {
    const { status, text } = await this.requestAnswer(method, path, options)
    if (status < 200 || status > 299) throw new KubeError(method, path, status, text)
    return text
  }

  /** Like `requestText`, with any status as an answer: for proxies, behind which somebody else answers. */
  async requestAnswer(
    method: string,
    path: string,
    options: RequestOptions = {},
  ): Promise<{ status: number; headers: http.IncomingHttpHeaders; text: string }> {
    const response = await this.#send(method, path, options)
    return { status: response.statusCode ?? 0, headers: response.headers, text: await readAll(response) }
  }

  get<T = KubeObject>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.request<T>('GET', path, options)
  }

  /** Like `get`, with `undefined` for what does not exist. */
  async find<T = KubeObject>(path: string, options: RequestOptions = {}): Promise<T | undefined> {
    try {
      return await this.get<T>(path, options)
    } catch (error) {
      if (error instanceof KubeError && error.status === 404) return undefined
      throw error
    }
  }

  create<T = KubeObject>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.request<T>('POST', path, { ...options, body })
  }

  replace<T = KubeObject>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.request<T>('PUT', path, { ...options, body })
  }

  patch<T = KubeObject>(path: string, body: unknown, options: RequestOptions = {}): Promise<T> {
    return this.request<T>('PATCH', path, { contentType: 'application/merge-patch+json', ...options, body })
  }

  delete<T = KubeObject>(path: string, options: RequestOptions = {}): Promise<T> {
    return this.request<T>('DELETE', path, options)
  }

  /** Every item of a collection, in pages; each item gets its apiVersion and kind, which lists leave out. */
  async list<T extends KubeObject = KubeObject>(path: string, options: RequestOptions = {}): Promise<T[]> {
    const items: T[] = []
    let next: string | undefined
    do {
      const page = await this.get<KubeObject & { items?: T[] }>(path, {
        ...options,
        query: { limit: 500, ...options.query, continue: next },
      })
      const kind = page.kind.replace(/List$/, '')
      for (const item of page.items ?? [])
        items.push({ ...item, apiVersion: item.apiVersion ?? page.apiVersion, kind: item.kind ?? kind })
      next = (page.metadata as { continue?: string }).continue || undefined
    } while (next !== undefined)
    return items
  }

  /** Server-side apply of one object of any kind the server knows. */
  async apply(object: KubeObject, fieldManager = 'kubectl'): Promise<KubeObject> {
    return this.patch(await this.pathOf(object), object, {
      contentType: 'application/apply-patch+yaml',
      query: { fieldManager, force: true },
    })
  }

  /** The path of an object, from its apiVersion, kind, namespace and name. */
  async pathOf(object: {
    apiVersion: string
    kind: string
    metadata: { name: string; namespace?: string }
  }): Promise<string> {
    const find = (all: ApiResource[]): ApiResource | undefined =>
      all.find((r) => r.kind === object.kind && groupVersion(r) === object.apiVersion)
    const resource = find(await this.resources()) ?? find(await this.resources({ isFresh: true }))
    if (!resource)
      throw new KubeError(
        'GET',
        `${object.apiVersion} ${object.kind}`,
        404,
        `the server has no kind ${object.kind} in ${object.apiVersion}`,
      )
    const namespace = resource.isNamespaced ? (object.metadata.namespace ?? 'default') : undefined
    return `${collectionPath(resource, namespace)}/${object.metadata.name}`
  }

  /** All served kinds in every served version, from aggregated discovery; remembered until asked afresh. */
  resources(options: { isFresh?: boolean } = {}): Promise<ApiResource[]> {
    if (options.isFresh) this.#resources = undefined
    this.#resources ??= discover(this).catch((error: unknown) => {
      this.#resources = undefined
      throw error
    })
    return this.#resources
  }

  /** The events of one watch request, until the server or the signal ends it. */
  async *watch(path: string, options: RequestOptions = {}): AsyncGenerator<WatchEvent> {
    const response = await this.#send('GET', path, { ...options, query: { ...options.query, watch: true } })
    if (response.statusCode !== 200) {
      throw new KubeError('WATCH', path, response.statusCode ?? 0, await readAll(response))
    }
    try {
      for await (const line of createInterface({ input: response, crlfDelay: Infinity })) {
        if (line !== '') yield JSON.parse(line) as WatchEvent
      }
    } finally {
      response.destroy()
    }
  }

  [Symbol.dispose](): void {
    this.#agent.destroy()
  }

  #send(method: string, path: string, options: RequestOptions): Promise<http.IncomingMessage> {
    const url = new URL(this.access.server.replace(/\/$/, '') + path)
    for (const [name, value] of Object.entries(options.query ?? {})) {
      if (value !== undefined) url.searchParams.set(name, String(value))
    }
    const body = options.body === undefined ? undefined : encodeBody(options.body)
    const headers: http.OutgoingHttpHeaders = { accept: options.accept ?? 'application/json', ...options.headers }
    if (this.access.token !== undefined) headers['authorization'] = `Bearer ${this.access.token}`
    if (body !== undefined) {
      headers['content-type'] = options.contentType ?? 'application/json'
      headers['content-length'] = body.length
    }
    return new Promise((resolve, reject) => {
      const send = url.protocol === 'http:' ? http.request : https.request
      const request = send(url, {
        method,
        headers,
        agent: this.#agent,
        // a Host header is for whoever is behind the server's proxy, not for the server's certificate
        servername: isIP(url.hostname) ? '' : url.hostname,
        ...(options.signal === undefined ? {} : { signal: options.signal }),
      })
      request.on('response', resolve)
      request.on('error', reject)
      if (options.timeoutMs !== undefined) {
        request.setTimeout(options.timeoutMs, () => {
          const error = new Error(`${method} ${path}: no answer in ${options.timeoutMs} ms`)
          request.destroy(Object.assign(error, { code: 'ETIMEDOUT' }))
        })
      }
      request.end(body)
    })
  }
}

/** Whether an error only says that the server could not be reached right now. */
export function isConnectionError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  return code !== undefined && ['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOENT'].includes(code)
}

/** The path of a collection: all namespaces when none is given. */
export function collectionPath(
  resource: Pick<ApiResource, 'group' | 'version' | 'plural'>,
  namespace?: string,
): string {
  const root = resource.group === '' ? `/api/${resource.version}` : `/apis/${resource.group}/${resource.version}`
  return namespace === undefined ? `${root}/${resource.plural}` : `${root}/namespaces/${namespace}/${resource.plural}`
}

/** `apps/v1`, or `v1` for the core group. */
export function groupVersion(resource: Pick<ApiResource, 'group' | 'version'>): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`
}

/** The access that a kubeconfig's context gives. */
export async function readAccess(file: string, context?: string): Promise<KubeAccess> {
  const config = parse(await readFile(file, 'utf8')) as Kubeconfig
  const contextName = context ?? config['current-context']
  const chosen = config.contexts?.find((c) => c.name === contextName)?.context
  const cluster = config.clusters?.find((c) => c.name === chosen?.cluster)?.cluster
  const user = config.users?.find((u) => u.name === chosen?.user)?.user ?? {}
  if (!cluster) throw new Error(`${file}: context ${contextName ?? '(none)'} names no cluster of this file`)
  const isPlain =
    Object.keys(user).every((key) => plainUserKeys.has(key)) && !cluster['proxy-url'] && !cluster['tls-server-name']
  if (!isPlain) return accessByClientNode(file, contextName)
  const data = async (inline?: string, path?: string): Promise<Buffer | undefined> =>
    inline !== undefined ? Buffer.from(inline, 'base64') : path === undefined ? undefined : readFile(path)
  const ca = await data(cluster['certificate-authority-data'], cluster['certificate-authority'])
  const cert = await data(user['client-certificate-data'], user['client-certificate'])
  const key = await data(user['client-key-data'], user['client-key'])
  return {
    server: cluster.server,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(user.token === undefined ? {} : { token: user.token }),
    ...(cluster['insecure-skip-tls-verify'] ? { isInsecure: true } : {}),
    ...(chosen?.namespace === undefined ? {} : { namespace: chosen.namespace }),
  }
}

interface Kubeconfig {
  'current-context'?: string
  contexts?: { name: string; context: { cluster: string; user: string; namespace?: string } }[]
  clusters?: {
    name: string
    cluster: {
      server: string
      'certificate-authority-data'?: string
      'certificate-authority'?: string
      'insecure-skip-tls-verify'?: boolean
      'proxy-url'?: string
      'tls-server-name'?: string
    }
  }[]
  users?: { name: string; user: KubeconfigUser }[]
}

interface KubeconfigUser {
  token?: string
  'client-certificate-data'?: string
  'client-certificate'?: string
  'client-key-data'?: string
  'client-key'?: string
}

const plainUserKeys = new Set([
  'token',
  'client-certificate-data',
  'client-certificate',
  'client-key-data',
  'client-key',
])

async function accessByClientNode(file: string, context: string | undefined): Promise<KubeAccess> {
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  config.loadFromFile(file)
  if (context !== undefined) config.setCurrentContext(context)
  const options: https.RequestOptions = {}
  await config.applyToHTTPSOptions(options)
  const authorization = (options.headers as Record<string, string> | undefined)?.['Authorization'] ?? ''
  return {
    server: config.getCurrentCluster()?.server ?? '',
    ...(options.ca ? { ca: options.ca as Buffer } : {}),
    ...(options.cert ? { cert: options.cert as Buffer } : {}),
    ...(options.key ? { key: options.key as Buffer } : {}),
    ...(authorization.startsWith('Bearer ') ? { token: authorization.slice(7) } : {}),
    ...(options.rejectUnauthorized === false ? { isInsecure: true } : {}),
  }
}

async function discover(client: KubeClient): Promise<ApiResource[]> {
  const accept =
    'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList'
  const answers = await Promise.all(['/api', '/apis'].map((path) => client.get<Discovery>(path, { accept })))
  return answers.flatMap((answer) =>
    answer.items.flatMap((group) =>
      group.versions.flatMap((version) =>
        (version.resources ?? []).map((r) => ({
          group: group.metadata.name ?? '',
          version: version.version,
          kind: r.responseKind?.kind ?? '',
          plural: r.resource,
          isNamespaced: r.scope === 'Namespaced',
          verbs: r.verbs,
        })),
      ),
    ),
  )
}

interface Discovery {
  items: {
    metadata: { name?: string }
    versions: {
      version: string
      resources?: { resource: string; responseKind?: { group: string; kind: string }; scope: string; verbs: string[] }[]
    }[]
  }[]
}

/** The whole of an answer. */
export async function readAll(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function encodeBody(body: unknown): Buffer {
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

/** What a refusal says of itself, be it a Status or any text. */
export function parseStatus(body: string): { message?: string; reason?: string } {
  try {
    return JSON.parse(body) as { message?: string; reason?: string }
  } catch (error) {
    return { message: body.trim() || messageOf(error) }
  }
}
