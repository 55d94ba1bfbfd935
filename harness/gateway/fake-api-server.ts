import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { KubeAccess } from '../base/kube-client.ts'

export interface SeenRequest {
  method: string
  path: string
  headers: http.IncomingHttpHeaders
  body: string
}

/** Enough of an API server for kubectl's get, describe, logs, apply, patch, delete and exec; it tells what it was asked. */
export interface FakeApiServer extends AsyncDisposable {
  readonly url: string
  readonly access: KubeAccess
  readonly kubeconfig: string
  readonly requests: SeenRequest[]
  /** What `logs` answers with. */
  logs: { bytes: number; line: string; isEndless?: boolean }
}

export async function startFakeApiServer(token = 'the-agents-token-0123456789'): Promise<FakeApiServer> {
  const requests: SeenRequest[] = []
  const logs: FakeApiServer['logs'] = { bytes: 100, line: `a line of log ${'.'.repeat(85)}\n` }
  const server = http.createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body })
      if (request.headers.authorization !== `Bearer ${token}`) return send(response, 401, status(401, 'Unauthorized'))
      return answer(request, response, body, logs)
    })
  })
  server.on('upgrade', (request, socket) => {
    requests.push({ method: request.method ?? '', path: request.url ?? '', headers: request.headers, body: '' })
    socket.on('error', () => socket.destroy())
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n')
    socket.pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    access: { server: url, token },
    kubeconfig: kubeconfigFor(url, token),
    requests,
    logs,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answer(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  body: string,
  logs: FakeApiServer['logs'],
): void {
  const url = new URL(request.url ?? '/', 'http://x')
  const { pathname } = url
  if (pathname === '/api') return send(response, 200, { kind: 'APIVersions', versions: ['v1'] })
  if (pathname === '/apis') return send(response, 200, groups)
  if (pathname === '/api/v1') return send(response, 200, coreResources)
  if (pathname === '/apis/apps/v1') return send(response, 200, appsResources)
  if (pathname === '/version') return send(response, 200, { major: '1', minor: '35', gitVersion: 'v1.35.4' })
  if (pathname === '/openapi/v3') {
    return send(response, 200, { paths: { 'api/v1': { serverRelativeURL: '/openapi/v3/api/v1?hash=1' } } })
  }
  if (pathname === '/openapi/v3/api/v1') return send(response, 200, openapi)
  if (/\/token\/?$/.test(decodeURIComponent(pathname)) && request.method === 'POST') {
    return send(response, 201, {
      ...object('TokenRequest', 'x'),
      apiVersion: 'authentication.k8s.io/v1',
      status: { token: mintedToken },
    })
  }
  if (pathname.endsWith('/log')) return sendLogs(response, logs)
  if (url.searchParams.get('watch')) return watch(response)
  const [, collection, name] =
    /^\/(?:api\/v1|apis\/apps\/v1)(?:\/namespaces\/[^/]+)?\/(\w+)(?:\/([\w.-]+))?$/.exec(pathname) ?? []
  const kind = kinds[collection ?? '']
  if (kind === undefined) return send(response, 404, status(404, `no ${pathname}`))
  if (request.method === 'POST') return send(response, 201, body.startsWith('{') ? JSON.parse(body) : object(kind, 'x'))
  if (name === undefined) {
    const items = [object(kind, 'web'), object(kind, 'checkout')]
    return send(response, 200, {
      kind: `${kind}List`,
      apiVersion: apiVersionOf(kind),
      metadata: { resourceVersion: '7' },
      items,
    })
  }
  return name === 'missing'
    ? send(response, 404, status(404, `${collection} "missing" not found`))
    : send(response, 200, object(kind, name))
}

/** What the fake's TokenRequest gives out. */
export const mintedToken = 'eyJhbGciOiJub25lIn0.eyJzdWIiOiJzeXN0ZW0ifQ.c2lnbmF0dXJlLW9mLXRoZS1mYWtl'

function sendLogs(response: http.ServerResponse, logs: FakeApiServer['logs']): void {
  response.writeHead(200, { 'content-type': 'text/plain' })
  const block = logs.line.repeat(Math.max(1, Math.floor(65_536 / logs.line.length)))
  let left = logs.bytes
  const pump = (): void => {
    while (left > 0 || logs.isEndless) {
      const part = logs.isEndless ? block : block.slice(0, left)
      left -= part.length
      if (!response.write(part)) {
        response.once('drain', pump)
        return
      }
    }
    response.end()
  }
  pump()
}

function watch(response: http.ServerResponse): void {
  response.writeHead(200, { 'content-type': 'application/json' })
  response.write(`${JSON.stringify({ type: 'ADDED', object: object('Pod', 'late') })}\n`)
}

const kinds: Record<string, string> = {
  configmaps: 'ConfigMap',
  deployments: 'Deployment',
  events: 'Event',
  namespaces: 'Namespace',
  nodes: 'Node',
  pods: 'Pod',
  secrets: 'Secret',
  serviceaccounts: 'ServiceAccount',
  services: 'Service',
}

const resource = (name: string, kind: string, namespaced: boolean, shortNames: string[] = []): object => ({
  name,
  singularName: kind.toLowerCase(),
  namespaced,
  kind,
  shortNames,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
})

const coreResources = {
  kind: 'APIResourceList',
  groupVersion: 'v1',
  resources: [
    resource('configmaps', 'ConfigMap', true, ['cm']),
    resource('events', 'Event', true, ['ev']),
    resource('namespaces', 'Namespace', false, ['ns']),
    resource('nodes', 'Node', false, ['no']),
    resource('pods', 'Pod', true, ['po']),
    resource('secrets', 'Secret', true),
    resource('serviceaccounts', 'ServiceAccount', true, ['sa']),
    resource('services', 'Service', true, ['svc']),
  ],
}

const appsResources = {
  kind: 'APIResourceList',
  groupVersion: 'apps/v1',
  resources: [resource('deployments', 'Deployment', true, ['deploy'])],
}

/** As much as kubectl reads before it leaves validation to the server. */
const openapi = {
  openapi: '3.0.0',
  info: { title: 'fake', version: '1' },
  paths: {
    '/api/v1/namespaces/{namespace}/configmaps/{name}': {
      patch: {
        'x-kubernetes-group-version-kind': { group: '', version: 'v1', kind: 'ConfigMap' },
        parameters: [{ name: 'fieldValidation', in: 'query', schema: { type: 'string' } }],
        responses: {},
      },
    },
  },
}

const groups = {
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: [
    {
      name: 'apps',
      versions: [{ groupVersion: 'apps/v1', version: 'v1' }],
      preferredVersion: { groupVersion: 'apps/v1', version: 'v1' },
    },
  ],
}

function object(kind: string, name: string): Record<string, unknown> {
  const spec =
    kind === 'Pod' ? { spec: { containers: [{ name: 'app', image: 'busybox' }] }, status: { phase: 'Running' } } : {}
  const metadata = {
    name,
    namespace: 'shop',
    uid: `uid-of-${name}`,
    resourceVersion: '7',
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  return { apiVersion: apiVersionOf(kind), kind, metadata, ...spec }
}

function apiVersionOf(kind: string): string {
  return kind === 'Deployment' ? 'apps/v1' : 'v1'
}

function status(code: number, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code }
}

function send(response: http.ServerResponse, code: number, body: unknown): void {
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(JSON.stringify(body))
}

function kubeconfigFor(server: string, token: string): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'c', cluster: { server } }],
    users: [{ name: 'agent', user: { token } }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'agent' } }],
    'current-context': 'x',
  })
}
