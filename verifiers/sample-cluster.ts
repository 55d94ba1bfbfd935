import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { CommandResult } from '../harness/base/command.ts'
import { KubeClient, type KubeObject } from '../harness/base/kube-client.ts'
import { findKind, kindOf, kindWords, type KubeKind } from '../harness/base/kube-kinds.ts'
import type { Verdict, Verifier, VerifyContext } from './verifier.ts'

/** What a test's cluster answers beside its objects. */
export interface SampleClusterOptions {
  objects?: KubeObject[]
  exec?: VerifyContext['execInPod']
  /** What a user may do, for SubjectAccessReviews. */
  mayDo?: (user: string, attributes: Record<string, string>) => boolean
  /** The logs of pods, by name. */
  logs?: Record<string, string>
  context?: Partial<VerifyContext>
}

/** An API server over loopback that holds some objects, for the tests of checks. */
export class SampleCluster implements AsyncDisposable {
  readonly context: VerifyContext
  objects: KubeObject[]
  readonly #server: http.Server

  private constructor(server: http.Server, options: SampleClusterOptions) {
    this.#server = server
    this.objects = options.objects ?? []
    this.context = {
      client: new KubeClient({ server: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }),
      baseline: undefined,
      workspace: undefined,
      signal: new AbortController().signal,
      execInPod: options.exec ?? (async () => neverRan('nothing runs here')),
      ...options.context,
    }
  }

  static async open(options: SampleClusterOptions = {}): Promise<SampleCluster> {
    const server = http.createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const cluster = new SampleCluster(server, options)
    server.on('request', (request, response) => void answer(cluster, options, request, response))
    return cluster
  }

  /** Asks a check as a contract would. */
  ask(verifier: Verifier, params: unknown, context: Partial<VerifyContext> = {}): Promise<Verdict> {
    return verifier.verify(verifier.params.parse(params), { ...this.context, ...context })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.context.client[Symbol.dispose]()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }
}

/** What a check says of some objects, in one line: its status, then why. */
export async function judge(
  verifier: Verifier,
  params: object,
  objects: KubeObject[],
  options: Omit<SampleClusterOptions, 'objects'> = {},
): Promise<string> {
  await using cluster = await SampleCluster.open({ ...options, objects })
  const { status, because } = await cluster.ask(verifier, params)
  return `${status} ${because}`
}

/** The result of a command that ended. */
export function ended(exitCode: number, stdout = '', stderr = ''): CommandResult {
  return { exitCode, stdout, stderr, signal: undefined, isTimedOut: false, isTruncated: false, durationMs: 1 }
}

/** The result of a command that could not be run. */
export function neverRan(because: string): CommandResult {
  return { ...ended(0, '', because), exitCode: undefined }
}

/** An object with what a test cares about. */
export function object(kind: string, name: string, fields: Record<string, unknown> = {}): KubeObject {
  const { metadata, ...rest } = fields as { metadata?: Record<string, unknown> }
  const builtIn = findKind(kind)
  const version = versionOf(builtIn?.group ?? 'example.com')
  const group = builtIn?.group ?? 'example.com'
  return {
    apiVersion: group === '' ? version : `${group}/${version}`,
    kind: builtIn?.kind ?? kind,
    metadata: {
      name,
      uid: `uid-${kind}-${name}`,
      generation: 1,
      creationTimestamp: '2026-11-20T10:00:00Z',
      ...(builtIn?.isNamespaced === false ? {} : { namespace: 'shop' }),
      ...metadata,
    },
    ...rest,
  }
}

/** A running pod that a workload controls; Ready unless told. */
export function podOf(
  owner: KubeObject,
  name: string,
  { isReady = true, ...fields }: Record<string, unknown> = {},
): KubeObject {
  const selector = (owner['spec'] as { selector?: { matchLabels?: Record<string, string> } } | undefined)?.selector
  return object('pod', name, {
    metadata: {
      labels: selector?.matchLabels ?? {},
      ownerReferences: [controller(owner)],
    },
    spec: { nodeName: 'node-1', containers: [{ name: 'main', image: 'a' }] },
    status: {
      phase: 'Running',
      podIP: '10.0.0.1',
      conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
      containerStatuses: [
        { name: 'main', ready: isReady, restartCount: 0, containerID: `c-${name}`, state: { running: {} } },
      ],
    },
    ...fields,
  })
}

/** What makes one object the controller of another. */
export function controller({ apiVersion, kind, metadata }: KubeObject): Record<string, unknown> {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }
}

async function answer(
  cluster: SampleCluster,
  options: SampleClusterOptions,
  request: http.IncomingMessage,
  response: http.ServerResponse,
): Promise<void> {
  const url = new URL(request.url ?? '/', 'http://cluster')
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const send = (status: number, body: unknown): void => {
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
  if (url.pathname === '/api' || url.pathname === '/apis') return send(200, discovery(url.pathname, cluster.objects))
  if (request.method === 'POST' && url.pathname.endsWith('/subjectaccessreviews')) {
    const { spec } = JSON.parse(Buffer.concat(chunks).toString()) as { spec: Review }
    const attributes = spec.resourceAttributes ?? spec.nonResourceAttributes ?? {}
    return send(201, { status: { allowed: options.mayDo?.(spec.user, attributes) ?? false } })
  }
  const found = /^\/(?:api|apis\/([^/]+))\/[^/]+(?:\/namespaces\/([^/]+))?\/([a-z]+)(?:\/([^/]+)(\/log)?)?$/.exec(
    url.pathname,
  )
  const [, group = '', namespace, plural = '', name, log] = found ?? []
  const isMeant = (one: KubeObject): boolean =>
    one.apiVersion.startsWith(group === '' ? 'v1' : `${group}/`) &&
    pluralOf(one) === plural &&
    (namespace === undefined || one.metadata.namespace === namespace)
  const all = cluster.objects.filter(isMeant)
  if (log) return send(200, options.logs?.[name ?? ''] ?? '')
  if (name === undefined) {
    const kind = `${all[0]?.kind ?? 'Object'}List`
    return send(200, {
      apiVersion: group === '' ? 'v1' : `${group}/v1`,
      kind,
      metadata: {},
      items: all.filter(selected(url)),
    })
  }
  const one = all.find((candidate) => candidate.metadata.name === name)
  return one
    ? send(200, one)
    : send(404, { kind: 'Status', apiVersion: 'v1', reason: 'NotFound', message: `${name} not found` })
}

interface Review {
  user: string
  resourceAttributes?: Record<string, string>
  nonResourceAttributes?: Record<string, string>
}

/** Understands `a=b`, joined by commas, of labels and of `involvedObject.uid`. */
function selected(url: URL): (one: KubeObject) => boolean {
  const pairs = (url.searchParams.get('labelSelector') ?? '').split(',').filter(Boolean)
  const field = /^involvedObject\.uid=(.*)$/.exec(url.searchParams.get('fieldSelector') ?? '')?.[1]
  return (one) =>
    pairs.every((pair) => {
      const [key = '', value] = pair.split('=')
      return one.metadata.labels?.[key] === value
    }) &&
    (field === undefined || (one['involvedObject'] as { uid?: string } | undefined)?.uid === field)
}

function discovery(path: string, objects: readonly KubeObject[]): unknown {
  const custom = objects
    .filter((one) => !kindOf(one))
    .map((one): KubeKind => ({
      kind: one.kind,
      group: 'example.com',
      plural: pluralOf(one),
      shortNames: [],
      isNamespaced: true,
    }))
  const builtIn = [...new Set(kindWords().map(findKind))].filter((kind) => kind !== undefined)
  const meant = [...builtIn, ...custom].filter(({ group }) => (group === '') === (path === '/api'))
  return {
    items: [...Map.groupBy(meant, ({ group }) => group)].map(([group, kinds]) => ({
      metadata: { name: group },
      versions: [
        {
          version: versionOf(group),
          resources: kinds.map(({ kind, plural, isNamespaced }) => ({
            resource: plural,
            responseKind: { group, version: versionOf(group), kind },
            scope: isNamespaced ? 'Namespaced' : 'Cluster',
            verbs: ['get', 'list'],
          })),
        },
      ],
    })),
  }
}

function versionOf(group: string): string {
  return group === 'autoscaling' ? 'v2' : 'v1'
}

function pluralOf(one: KubeObject): string {
  return kindOf(one)?.plural ?? `${one.kind.toLowerCase()}s`
}
