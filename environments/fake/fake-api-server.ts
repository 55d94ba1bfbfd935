import { randomUUID } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { parse as parseYaml } from 'yaml'
import { sleep } from '../../harness/base/clock.ts'
import { groupVersion, type KubeObject, type WatchEvent } from '../../harness/base/kube-client.ts'
import type { AccessControl, Attributes, User } from './access-control.ts'
import type { AuditFile } from './audit-file.ts'
import { isSame, Refusal, toWatchEvent, type ObjectStore } from './object-store.ts'
import { applyObject } from './apply-object.ts'
import { isRecord, jsonPatch, mergePatch, strategicMergePatch } from './patch-object.ts'
import type { ResourceKind } from './resource-kinds.ts'
import { isSelected } from './selectors.ts'

/** What tests may do to a server. */
export interface ServerFaults {
  /** Every request waits this long first. */
  delayMs?: number
  /** Answers what to refuse a request with; undefined lets it through. */
  refuse?: (request: { method: string; path: string; user: string }) => { status: number; message: string } | undefined
}

export interface FakeApiServerOptions {
  store: ObjectStore
  access: AccessControl
  audit: AuditFile | undefined
  version: string
  faults: ServerFaults
  /** Called after each change, before it is answered. */
  onChange: () => void
}

/** An API server over plain HTTP on loopback that holds its objects in memory. */
export class FakeApiServer {
  readonly #options: FakeApiServerOptions
  readonly #server: http.Server
  readonly #watches = new Set<http.ServerResponse>()

  private constructor(options: FakeApiServerOptions) {
    this.#options = options
    this.#server = http.createServer((request, response) => void this.#serve(request, response))
  }

  static async start(options: FakeApiServerOptions): Promise<FakeApiServer> {
    const server = new FakeApiServer(options)
    await new Promise<void>((resolve) => server.#server.listen(0, '127.0.0.1', resolve))
    return server
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    for (const response of this.#watches) response.destroy()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #serve(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const startedAt = new Date()
    const url = new URL(request.url ?? '/', this.url)
    const body = await readBody(request)
    const auditID = String(request.headers['audit-id'] ?? randomUUID())
    response.setHeader('Audit-ID', auditID)
    const { faults, access, audit } = this.#options
    if (faults.delayMs) await sleep(faults.delayMs)
    const user = access.authenticate(/^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1])
    const target = parseTarget(url, request.method ?? 'GET', this.#options.store)
    const answered = { status: 200, body: undefined as unknown }
    try {
      if (!user) throw new Refusal(401, 'Unauthorized', 'Unauthorized')
      const refused = faults.refuse?.({ method: request.method ?? '', path: url.pathname, user: user.username })
      if (refused) throw new Refusal(refused.status, 'InternalError', refused.message)
      const actor = impersonated(request.headers, user, access) ?? user
      if (target && !access.isAllowed(actor, target.attributes)) throw forbidden(actor, target.attributes)
      if (target?.attributes.verb === 'watch') this.#watch(target, url.searchParams, response)
      else Object.assign(answered, this.#answer(target, url, request, body, actor))
    } catch (error) {
      Object.assign(answered, refusalBody(error))
    }
    const record = {
      auditID,
      requestURI: request.url ?? '',
      userAgent: request.headers['user-agent'],
      user: user ?? { username: 'system:anonymous', groups: ['system:unauthenticated'] },
      impersonatedUser: user && impersonated(request.headers, user, access),
      request: target?.attributes,
      apiVersion: target?.resource.version ?? '',
      verb: target?.attributes.verb ?? (request.method ?? 'get').toLowerCase(),
      startedAt,
      status: answered.status,
      requestObject: parseBody(body),
      responseObject: answered.body,
    }
    audit?.write(record)
    if (answered.body !== undefined) send(response, answered.status, answered.body)
  }

  #answer(
    target: Target | undefined,
    url: URL,
    request: http.IncomingMessage,
    body: string,
    user: User,
  ): { status: number; body: unknown } {
    if (!target) return { status: 200, body: this.#discovery(url.pathname, request.headers.accept ?? '') }
    const before = this.#options.store.version
    const result = this.#act(target, url.searchParams, request.headers['content-type'] ?? '', body, user)
    if (this.#options.store.version !== before) {
      this.#options.onChange()
      // what was made is answered as the controllers left it, as a slow client would see it
      const { resource, attributes } = target
      const name = attributes.name ?? (result as KubeObject).metadata?.name
      const isObject = attributes.verb !== 'delete' && !attributes.resource.includes('/')
      const now = isObject && name ? this.#options.store.find(resource, attributes.namespace, name) : undefined
      return { status: attributes.verb === 'create' ? 201 : 200, body: now ?? result }
    }
    return { status: target.attributes.verb === 'create' ? 201 : 200, body: result }
  }

  #act(target: Target, query: URLSearchParams, contentType: string, body: string, user: User): unknown {
    const { store } = this.#options
    const { resource, attributes, subresource } = target
    const { namespace, name, verb } = attributes
    if (subresource !== undefined && subresource !== 'status' && subresource !== 'scale')
      return this.#subresource(target, body)
    if (resource.group.startsWith('auth')) return this.#review(resource, parseBody(body) as KubeObject, user)
    const isDryRun = query.has('dryRun')
    switch (verb) {
      case 'list':
        return listOf(store, resource, namespace, query)
      case 'get':
        return subresource === 'scale'
          ? scaleOf(store.get(resource, namespace, name!))
          : store.get(resource, namespace, name!)
      case 'create': {
        const object = prepared(parseBody(body), resource, namespace)
        return isDryRun ? object : store.create(resource, object)
      }
      case 'update': {
        const object = prepared(parseBody(body), resource, namespace)
        return isDryRun ? object : store.replace(resource, merged(store, resource, object, subresource))
      }
      case 'patch':
        return this.#patch(target, query, contentType, body)
      case 'delete': {
        const options = parseBody(body) as { propagationPolicy?: string } | undefined
        const policy = options?.propagationPolicy ?? query.get('propagationPolicy') ?? undefined
        return store.delete(resource, namespace, name!, policy)
      }
      case 'deletecollection': {
        const chosen = select(store.list(resource, namespace), query)
        for (const item of chosen) store.delete(resource, item.metadata.namespace, item.metadata.name)
        return listOf(store, resource, namespace, query)
      }
      default:
        throw new Refusal(405, 'MethodNotAllowed', `${verb} is not supported`)
    }
  }

  #patch(target: Target, query: URLSearchParams, contentType: string, body: string): unknown {
    const { store } = this.#options
    const { resource, attributes, subresource } = target
    const { namespace, name } = attributes
    const patch = contentType.includes('yaml') ? (parseYaml(body) as unknown) : parseBody(body)
    const before = store.find(resource, namespace, name!)
    if (contentType.includes('apply-patch')) {
      const object = prepared(patch, resource, namespace)
      const manager = query.get('fieldManager') ?? ''
      const next = applyObject(before, object, { manager, isForced: query.get('force') === 'true' })
      if (query.has('dryRun')) return next
      return before ? store.replace(resource, merged(store, resource, next, subresource)) : store.create(resource, next)
    }
    const present = store.get(resource, namespace, name!)
    const from = subresource === 'scale' ? scaleOf(present) : present
    let next: unknown
    try {
      if (contentType.includes('json-patch')) next = jsonPatch(from, patch)
      else next = contentType.includes('strategic') ? strategicMergePatch(from, patch) : mergePatch(from, patch)
    } catch (error) {
      throw new Refusal(422, 'Invalid', (error as Error).message)
    }
    if (subresource === 'scale') {
      const { replicas } = (next as { spec: { replicas: number } }).spec
      next = { ...present, spec: { ...(present['spec'] as object), replicas } }
    }
    const object = prepared(next, resource, namespace)
    return query.has('dryRun') ? object : store.replace(resource, merged(store, resource, object, subresource))
  }

  #subresource({ resource, attributes, subresource }: Target, body: string): unknown {
    const { store, access } = this.#options
    const object = store.get(resource, attributes.namespace, attributes.name!)
    if (resource.plural === 'serviceaccounts' && subresource === 'token') {
      const request = parseBody(body) as KubeObject & { spec?: { expirationSeconds?: number; audiences?: string[] } }
      const { expirationSeconds = 3600, audiences = ['https://kubernetes.default.svc.cluster.local'] } =
        request.spec ?? {}
      const token = access.mint(object, { expirationSeconds, audiences })
      const expirationTimestamp = new Date(Date.now() + expirationSeconds * 1000).toISOString()
      return { ...request, metadata: { name: attributes.name }, status: { token, expirationTimestamp } }
    }
    if (resource.plural === 'pods' && subresource === 'log') return ''
    if (resource.plural === 'pods' && subresource === 'eviction')
      return store.delete(resource, attributes.namespace, attributes.name!)
    throw new Refusal(404, 'NotFound', `the fake server has no ${resource.plural}/${subresource}`)
  }

  #review(resource: ResourceKind, review: KubeObject, user: User): unknown {
    const { access } = this.#options
    const spec = (review['spec'] ?? {}) as {
      token?: string
      user?: string
      groups?: string[]
      resourceAttributes?: Record<string, string>
    }
    const attributes = spec.resourceAttributes ?? {}
    const isAllowed = (who: User): boolean =>
      access.isAllowed(who, {
        verb: attributes['verb'] ?? '',
        group: attributes['group'] ?? '',
        resource: [attributes['resource'], attributes['subresource']].filter(Boolean).join('/'),
        namespace: attributes['namespace'],
        name: attributes['name'],
      })
    const found = access.authenticate(spec.token)
    const statuses: Record<string, unknown> = {
      selfsubjectreviews: { userInfo: user },
      tokenreviews: found ? { authenticated: true, user: found } : { authenticated: false },
      selfsubjectaccessreviews: { allowed: isAllowed(user) },
      subjectaccessreviews: { allowed: isAllowed({ username: spec.user ?? '', groups: spec.groups ?? [] }) },
      localsubjectaccessreviews: { allowed: isAllowed({ username: spec.user ?? '', groups: spec.groups ?? [] }) },
    }
    return { ...review, metadata: {}, status: statuses[resource.plural] }
  }

  #watch(target: Target, query: URLSearchParams, response: http.ServerResponse): void {
    const { store } = this.#options
    const { resource, attributes } = target
    response.writeHead(200, { 'content-type': 'application/json' })
    response.flushHeaders()
    const write = (event: WatchEvent): void => void response.write(`${JSON.stringify(event)}\n`)
    const isWanted = (object: KubeObject): boolean =>
      (attributes.namespace === undefined || object.metadata.namespace === attributes.namespace) &&
      isSelected(object, query.get('labelSelector'), query.get('fieldSelector'))
    const tell = (event: ObjectStore['events'][number]): void => {
      if (!isSame(event.resource, resource)) return
      const isNow = event.type !== 'DELETED' && isWanted(event.object)
      const wasThen = event.previous !== undefined && isWanted(event.previous)
      if (isNow) write(toWatchEvent(wasThen ? 'MODIFIED' : 'ADDED', resource, event.object))
      else if (wasThen) write(toWatchEvent('DELETED', resource, event.object))
    }
    const from = query.get('resourceVersion') ?? ''
    const isFromStart = from === '' || from === '0' || query.get('sendInitialEvents') === 'true'
    if (isFromStart) {
      for (const object of store.list(resource).filter(isWanted)) write(toWatchEvent('ADDED', resource, object))
      const annotations = { 'k8s.io/initial-events-end': 'true' }
      if (query.get('sendInitialEvents') === 'true') write(bookmark(resource, store.version, annotations))
    } else for (const event of store.events) if (event.version > Number(from)) tell(event)
    const unsubscribe = store.subscribe(tell)
    this.#watches.add(response)
    const timeout = Number(query.get('timeoutSeconds') ?? 0)
    const timer = timeout > 0 ? setTimeout(() => response.end(), timeout * 1000) : undefined
    response.on('close', () => {
      clearTimeout(timer)
      unsubscribe()
      this.#watches.delete(response)
    })
  }

  #discovery(path: string, accept: string): unknown {
    if (['/readyz', '/livez', '/healthz'].includes(path)) return 'ok'
    if (path === '/version') {
      const [major, minor] = this.#options.version.split('.')
      return { major, minor, gitVersion: `v${this.#options.version}.0-fake`, platform: 'memory/fake' }
    }
    if (path === '/api' || path === '/apis') return groupsDocument(path, this.#options.store.resources(), accept)
    throw new Refusal(404, 'NotFound', `the fake server has no ${path}`)
  }
}

interface Target {
  resource: ResourceKind
  attributes: Attributes
  subresource: string | undefined
}

const reviewKinds: ResourceKind[] = [
  ['authentication.k8s.io', 'TokenReview'],
  ['authentication.k8s.io', 'SelfSubjectReview'],
  ['authorization.k8s.io', 'SubjectAccessReview'],
  ['authorization.k8s.io', 'SelfSubjectAccessReview'],
  ['authorization.k8s.io', 'LocalSubjectAccessReview'],
].map(([group = '', kind = '']) => ({
  group,
  version: 'v1',
  kind,
  plural: `${kind.toLowerCase()}s`,
  isNamespaced: kind.startsWith('Local'),
  verbs: ['create'],
  hasStatus: false,
}))

/** `/apis/GROUP/VERSION[/namespaces/NS]/PLURAL[/NAME[/SUBRESOURCE]]`, or `/api/v1/...` for the core group. */
function parseTarget(url: URL, method: string, store: ObjectStore): Target | undefined {
  const parts = url.pathname.split('/').filter(Boolean).map(decodeURIComponent)
  const [group = '', version = '', ...rest] = parts[0] === 'api' ? ['', ...parts.slice(1)] : parts.slice(1)
  if (!['api', 'apis'].includes(parts[0] ?? '') || rest.length === 0) return undefined
  const isInside = rest[0] === 'namespaces' && rest.length > 2 && !['status', 'finalize'].includes(rest[2] ?? '')
  const [plural = '', name, subresource] = isInside ? rest.slice(2) : rest
  const resource =
    reviewKinds.find((r) => r.group === group && r.plural === plural) ?? store.resource(group, version, plural)
  if (!resource) return undefined
  const isWatch = ['true', '1'].includes(url.searchParams.get('watch') ?? '')
  const verbs: Record<string, string> = {
    GET: isWatch ? 'watch' : name === undefined ? 'list' : 'get',
    POST: 'create',
    PUT: 'update',
    PATCH: 'patch',
    DELETE: name === undefined ? 'deletecollection' : 'delete',
  }
  const attributes = {
    verb: verbs[method] ?? method.toLowerCase(),
    group,
    resource: subresource === undefined ? plural : `${plural}/${subresource}`,
    namespace: isInside ? rest[1] : undefined,
    name,
  }
  return { resource, subresource, attributes }
}

function prepared(body: unknown, resource: ResourceKind, namespace: string | undefined): KubeObject {
  if (!isRecord(body) || !isRecord(body['metadata'])) throw new Refusal(400, 'BadRequest', 'the body is no object')
  const object = body as unknown as KubeObject
  if (object.kind !== undefined && object.kind !== resource.kind) {
    throw new Refusal(400, 'BadRequest', `the kind in the body is ${object.kind}, expected ${resource.kind}`)
  }
  const { generateName, ...metadata } = object.metadata as KubeObject['metadata'] & { generateName?: string }
  if (metadata.name === undefined && generateName) metadata.name = `${generateName}${randomUUID().slice(0, 5)}`
  if (!metadata.name) throw new Refusal(422, 'Invalid', `${resource.kind}: metadata.name: Required value`)
  if (namespace !== undefined) metadata.namespace = namespace
  const named = { ...object, apiVersion: groupVersion(resource), kind: resource.kind, metadata }
  return resource.kind === 'Secret' ? withEncodedData(named) : named
}

/** Secrets keep what is given as text as base64. */
function withEncodedData({ stringData, ...secret }: KubeObject): KubeObject {
  if (!isRecord(stringData)) return secret
  const encoded = Object.entries(stringData).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')])
  return {
    ...secret,
    data: { ...(secret['data'] as object | undefined), ...Object.fromEntries(encoded) },
  }
}

/** The status is written through its own path only, and that path writes nothing else. */
function merged(
  store: ObjectStore,
  resource: ResourceKind,
  next: KubeObject,
  subresource: string | undefined,
): KubeObject {
  const before = store.get(resource, next.metadata.namespace, next.metadata.name)
  const { resourceVersion } = next.metadata
  if (subresource === 'status') {
    const metadata = { ...before.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
    return { ...before, metadata, status: next['status'] }
  }
  return resource.hasStatus ? { ...next, status: before['status'] } : next
}

function scaleOf(object: KubeObject): KubeObject {
  const { name, namespace, uid, resourceVersion } = object.metadata
  const { replicas = 1 } = object['spec'] as { replicas?: number }
  const status = { replicas: (object['status'] as { replicas?: number } | undefined)?.replicas ?? 0 }
  const metadata = { name, namespace: namespace!, uid: uid!, resourceVersion: resourceVersion! }
  return { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata, spec: { replicas }, status }
}

function select(items: KubeObject[], query: URLSearchParams): KubeObject[] {
  return items.filter((item) => isSelected(item, query.get('labelSelector'), query.get('fieldSelector')))
}

function listOf(
  store: ObjectStore,
  resource: ResourceKind,
  namespace: string | undefined,
  query: URLSearchParams,
): unknown {
  const chosen = select(store.list(resource, namespace), query)
  const limit = Number(query.get('limit') ?? 0) || chosen.length
  const start = Number(query.get('continue') ?? 0)
  const items = chosen.slice(start, start + limit)
  const isMore = start + limit < chosen.length
  return {
    apiVersion: groupVersion(resource),
    kind: `${resource.kind}List`,
    metadata: { resourceVersion: String(store.version), ...(isMore ? { continue: String(start + limit) } : {}) },
    items,
  }
}

function bookmark(resource: ResourceKind, version: number, annotations: Record<string, string>): WatchEvent {
  const metadata = { resourceVersion: String(version), annotations } as unknown as KubeObject['metadata']
  return { type: 'BOOKMARK', object: { apiVersion: groupVersion(resource), kind: resource.kind, metadata } }
}

/** Aggregated discovery for those who ask for it, the old list of groups for the others. */
function groupsDocument(path: string, resources: ResourceKind[], accept: string): unknown {
  const groups = Map.groupBy(
    resources.filter((r) => (path === '/api') === (r.group === '')),
    (r) => r.group,
  )
  if (!accept.includes('APIGroupDiscoveryList')) {
    const versions = (rows: ResourceKind[]) => [...new Set(rows.map((r) => r.version))]
    if (path === '/api') return { kind: 'APIVersions', versions: ['v1'] }
    const list = [...groups].map(([name, rows]) => ({
      name,
      versions: versions(rows).map((version) => ({ groupVersion: `${name}/${version}`, version })),
    }))
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: list }
  }
  return {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items: [...groups].map(([name, rows]) => ({
      metadata: name === '' ? {} : { name },
      versions: [...Map.groupBy(rows, (r) => r.version)].map(([version, kinds]) => ({
        version,
        freshness: 'Current',
        resources: kinds.map((r) => ({
          resource: r.plural,
          responseKind: { group: r.group, version: r.version, kind: r.kind },
          scope: r.isNamespaced ? 'Namespaced' : 'Cluster',
          singularResource: r.kind.toLowerCase(),
          verbs: r.verbs,
        })),
      })),
    })),
  }
}

function impersonated(headers: http.IncomingHttpHeaders, user: User, access: AccessControl): User | undefined {
  const username = headers['impersonate-user']
  if (typeof username !== 'string') return undefined
  const attributes = { verb: 'impersonate', group: '', resource: 'users', namespace: undefined, name: username }
  if (!access.isAllowed(user, attributes)) throw forbidden(user, attributes)
  const groups = [headers['impersonate-group'] ?? []].flat()
  return { username, groups: [...groups, 'system:authenticated'] }
}

function forbidden(user: User, { verb, resource, group, namespace, name }: Attributes): Refusal {
  const what = `${resource}${name ? ` "${name}"` : ''} is forbidden: User "${user.username}" cannot ${verb}`
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`
  return new Refusal(403, 'Forbidden', `${what} resource "${resource}" in API group "${group}" ${where}`)
}

function refusalBody(error: unknown): { status: number; body: unknown } {
  const { status, reason, message } = error instanceof Refusal ? error : internalError(error)
  return {
    status,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code: status },
  }
}

function internalError(error: unknown): Refusal {
  return new Refusal(500, 'InternalError', error instanceof Error ? (error.stack ?? error.message) : String(error))
}

function send(response: http.ServerResponse, status: number, body: unknown): void {
  const isText = typeof body === 'string'
  const isGroups = (body as { kind?: string } | undefined)?.kind === 'APIGroupDiscoveryList'
  // kubectl tells aggregated discovery by nothing else
  const json = isGroups ? 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' : 'application/json'
  response.writeHead(status, { 'content-type': isText ? 'text/plain' : json })
  response.end(isText ? body : JSON.stringify(body))
}

async function readBody(request: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

function parseBody(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return parseYaml(text) as unknown
  }
}
