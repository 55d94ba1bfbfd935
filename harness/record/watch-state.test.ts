import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { KubeObject } from '../base/kube-client.ts'
import { until } from '../base/retry.ts'
import { watchState, type StateWatch } from './watch-state.ts'

/** An API server of two kinds, pods and nodes, with resource versions, pages, bookmarks and forgetting. */
class SmallServer {
  readonly server: http.Server = http.createServer((request, response) => this.#answer(request, response))
  readonly objects = new Map<string, KubeObject>()
  readonly log: { version: number; type: string; object: KubeObject }[] = []
  readonly watchers = new Set<{ plural: string; response: http.ServerResponse }>()
  version = 1
  oldestVersion = 0
  pageSize = 2
  isAway = false
  isForbidden = false
  lists = 0

  async start(): Promise<string> {
    this.server.listen(0, '127.0.0.1')
    await once(this.server, 'listening')
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`
  }

  put(
    kind: string,
    name: string,
    spec: unknown,
    namespace: string | undefined = kind === 'Pod' ? 'shop' : undefined,
  ): void {
    const key = `${kind}/${namespace ?? ''}/${name}`
    const type = this.objects.has(key) ? 'MODIFIED' : 'ADDED'
    const metadata = {
      name,
      uid: `uid-${name}`,
      resourceVersion: String(++this.version),
      ...(namespace ? { namespace } : {}),
    }
    const object = { apiVersion: 'v1', kind, metadata, spec }
    this.objects.set(key, object)
    this.#tell(type, object)
  }

  remove(kind: string, name: string, namespace = 'shop'): void {
    const key = `${kind}/${kind === 'Pod' ? namespace : ''}/${name}`
    const object = this.objects.get(key)
    this.objects.delete(key)
    if (!object) return
    this.#tell('DELETED', { ...object, metadata: { ...object.metadata, resourceVersion: String(++this.version) } })
  }

  cutWatches(): void {
    for (const { response } of this.watchers) response.destroy()
  }

  #tell(type: string, object: KubeObject): void {
    this.log.push({ version: this.version, type, object })
    if (this.isAway) return
    for (const { plural, response } of this.watchers)
      if (plural === `${object.kind.toLowerCase()}s`) response.write(`${JSON.stringify({ type, object })}\n`)
  }

  #answer(request: http.IncomingMessage, response: http.ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://server')
    const send = (status: number, body: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    }
    if (this.isAway) return void request.socket.destroy()
    if (this.isForbidden) return send(403, { message: 'not any more', reason: 'Forbidden' })
    if (url.pathname === '/apis') return send(200, { items: [] })
    if (url.pathname === '/api')
      return send(200, { items: [{ metadata: {}, versions: [{ version: 'v1', resources }] }] })
    const plural = url.pathname.split('/').at(-1) ?? ''
    const kind = plural === 'pods' ? 'Pod' : 'Node'
    if (url.searchParams.get('watch') !== 'true') {
      this.lists++
      const all = [...this.objects.values()].filter((o) => o.kind === kind)
      const start = Number(url.searchParams.get('continue') ?? 0)
      const end = start + this.pageSize
      const items = all.slice(start, end).map((o) => ({ metadata: o.metadata, spec: o['spec'] }))
      const pageMetadata = {
        resourceVersion: String(this.version),
        ...(end < all.length ? { continue: String(end) } : {}),
      }
      return send(200, { apiVersion: 'v1', kind: `${kind}List`, metadata: pageMetadata, items })
    }
    const from = Number(url.searchParams.get('resourceVersion'))
    response.writeHead(200, { 'content-type': 'application/json' })
    if (from < this.oldestVersion) {
      response.end(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code: 410, message: 'too old' } })}\n`)
      return
    }
    response.flushHeaders()
    for (const { version, type, object } of this.log)
      if (version > from && object.kind === kind) response.write(`${JSON.stringify({ type, object })}\n`)
    const watcher = { plural, response }
    this.watchers.add(watcher)
    response.on('close', () => this.watchers.delete(watcher))
  }
}

const verbs = ['get', 'list', 'watch']
const resources = [
  { resource: 'pods', responseKind: { group: '', kind: 'Pod' }, scope: 'Namespaced', verbs },
  { resource: 'nodes', responseKind: { group: '', kind: 'Node' }, scope: 'Cluster', verbs },
  { resource: 'bindings', responseKind: { group: '', kind: 'Binding' }, scope: 'Namespaced', verbs: ['create'] },
]

let server: SmallServer
let url: string
let told: string[]
let watch: StateWatch | undefined
beforeEach(async () => {
  server = new SmallServer()
  url = await server.start()
  told = []
})
afterEach(async () => {
  await watch?.[Symbol.asyncDispose]()
  server.server.closeAllConnections()
  server.server.close()
})

const start = async (): Promise<void> => {
  watch = await watchState({
    access: { server: url },
    namespaces: ['shop'],
    sink: {
      put: (object, change) =>
        told.push(`${change} ${object.kind} ${object.metadata.name} ${JSON.stringify(object['spec'])}`),
      remove: (ref) => told.push(`removed ${ref.kind} ${ref.name}`),
      gap: (gap) => told.push(`gap ${gap.kind}: ${gap.because}`),
    },
  })
}

const toldUntil = (line: string): Promise<unknown> =>
  until(() => Promise.resolve(told.includes(line)), {
    what: `"${line}" after ${told.join('; ')}`,
    timeoutMs: 5000,
    intervalMs: 10,
  })

test('everything there is told first, then every change in the asked namespaces and of nodes', async () => {
  for (const name of ['a', 'b', 'c']) server.put('Pod', name, 1)
  server.put('Pod', 'elsewhere', 1, 'other')
  server.put('Node', 'n', 1)
  await start()
  expect(told.toSorted()).toEqual(['present Node n 1', 'present Pod a 1', 'present Pod b 1', 'present Pod c 1'])
  expect(watch?.kinds).toEqual(['v1 Pod', 'v1 Node'])
  told = []
  await until(() => Promise.resolve(server.watchers.size === 2), { what: 'both watches', timeoutMs: 5000 })
  server.put('Pod', 'a', 2)
  server.put('Pod', 'elsewhere', 2, 'other')
  server.put('Pod', 'd', 1)
  server.remove('Pod', 'b')
  server.put('Node', 'n', 2)
  await toldUntil('modified Node n 2')
  await toldUntil('removed Pod b')
  expect(told.filter((t) => t.includes('Pod'))).toEqual(['modified Pod a 2', 'added Pod d 1', 'removed Pod b'])
})

test('an interrupted watch goes on where it was: nothing is missed and nothing told twice', async () => {
  server.put('Pod', 'a', 1)
  await start()
  for (let i = 2; i < 6; i++) {
    server.cutWatches()
    server.put('Pod', 'a', i)
    await toldUntil(`modified Pod a ${i}`)
  }
  server.isAway = true
  server.cutWatches()
  server.put('Pod', 'a', 6)
  setTimeout(() => (server.isAway = false), 300)
  await toldUntil('modified Pod a 6')
  expect(told).toEqual(['present Pod a 1', ...[2, 3, 4, 5, 6].map((i) => `modified Pod a ${i}`)])
  expect(server.lists).toBe(2)
})

test('where the server has forgotten the place, all is listed again, compared, and the gap told', async () => {
  for (const name of ['stays', 'changes', 'goes']) server.put('Pod', name, 1)
  await start()
  told = []
  server.isAway = true
  server.cutWatches()
  server.put('Pod', 'changes', 2)
  server.remove('Pod', 'goes')
  server.put('Pod', 'comes', 1)
  server.oldestVersion = server.version
  server.isAway = false
  await toldUntil('gap Pod: too old')
  expect(told.filter((t) => t.includes('Pod'))).toEqual([
    'modified Pod changes 2',
    'added Pod comes 1',
    'removed Pod goes',
    'gap Pod: too old',
  ])
})

test('a permission taken away ends the watch with the reason', async () => {
  await start()
  server.isForbidden = true
  server.cutWatches()
  await until(() => Promise.resolve(server.watchers.size === 0), { what: 'no watches', timeoutMs: 5000 })
  await new Promise((resolve) => setTimeout(resolve, 300))
  await expect(watch?.stop()).rejects.toThrow('not any more (403)')
})

test('a watch that cannot begin says so and leaves nothing open', async () => {
  server.isForbidden = true
  await expect(start()).rejects.toThrow('not any more (403)')
  expect(server.watchers.size).toBe(0)
})
