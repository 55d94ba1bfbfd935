import http from 'node:http'
import net from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { until } from '../base/retry.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'
import { startApiRelay, type ApiRelay } from './api-relay.ts'
import { mintedToken, startFakeApiServer, type FakeApiServer } from './fake-api-server.ts'

let fake: FakeApiServer
let relay: ApiRelay
let events: GatewayEvent[]

beforeEach(async () => {
  events = []
  fake = await startFakeApiServer()
  relay = await startApiRelay((event) => events.push(event))
  relay.connect(fake.access)
})

afterEach(async () => {
  await relay[Symbol.asyncDispose]()
  await fake[Symbol.asyncDispose]()
})

describe('a request with a pass', () => {
  test('reaches the API server with the agent’s credential and an audit id, and is reported under its call', async () => {
    const { status, body } = await ask(relay.admit('call-7').plainKubeconfig, '/api/v1/pods?limit=500')
    expect(status).toBe(200)
    expect(body).toContain('PodList')
    const [seen] = fake.requests
    expect(seen).toMatchObject({ method: 'GET', path: '/api/v1/pods?limit=500' })
    expect(seen?.headers.authorization).toBe(`Bearer ${fake.access.token}`)
    expect(seen?.headers.host).toBe(new URL(fake.url).host)
    const [event] = await eventsOf('api-request')
    expect(event).toMatchObject({
      call: 'call-7',
      auditId: seen?.headers['audit-id'],
      method: 'GET',
      path: '/api/v1/pods?limit=500',
      status: 200,
      responseBytes: body.length,
    })
  })

  test('cannot speak for anybody else', async () => {
    await ask(relay.admit('call-1').plainKubeconfig, '/api/v1/pods', {
      authorization: 'Bearer stolen',
      'impersonate-user': 'system:admin',
      'impersonate-group': 'system:masters',
      'Impersonate-Extra-Scopes': 'all',
      'x-remote-user': 'system:admin',
      'audit-id': 'forged',
    })
    const { headers } = fake.requests[0]!
    expect(headers.authorization).toBe(`Bearer ${fake.access.token}`)
    expect(headers['audit-id']).not.toBe('forged')
    expect(Object.keys(headers).filter((name) => /^(impersonate|x-remote)/.test(name))).toEqual([])
  })

  test('sends bodies on and reports their size', async () => {
    const body = JSON.stringify({ kind: 'ConfigMap', data: { a: 'x'.repeat(100_000) } })
    const answer = await ask(relay.admit('call-1').plainKubeconfig, '/api/v1/namespaces/shop/configmaps', {}, body)
    expect(answer.body).toBe(body)
    expect((await eventsOf('api-request'))[0]).toMatchObject({ requestBytes: body.length, status: 201 })
  })

  test('of an ended call is refused', async () => {
    const pass = relay.admit('call-1')
    await pass.end()
    expect((await ask(pass.plainKubeconfig, '/api/v1/pods')).status).toBe(403)
    expect(fake.requests).toEqual([])
  })
})

test('requests of overlapping calls are told apart', async () => {
  const passes = Array.from({ length: 10 }, (_, i) => relay.admit(`call-${i}`))
  await Promise.all(
    passes.flatMap((pass, i) => [0, 1, 2].map((n) => ask(pass.plainKubeconfig, `/api/v1/pods?from=${i}&n=${n}`))),
  )
  const requests = await eventsOf('api-request', 30)
  for (const { call, path, auditId } of requests) {
    expect(path).toContain(`from=${call.replace('call-', '')}&`)
    expect(fake.requests.find((seen) => seen.headers['audit-id'] === auditId)?.path).toBe(path)
  }
  expect(new Set(requests.map(({ auditId }) => auditId)).size).toBe(30)
})

describe('nobody else gets through', () => {
  const port = (): number => Number(new URL(serverOf(relay.admit('x').plainKubeconfig)).port)

  test('without a pass', async () => {
    for (const path of ['/', '/api', '/AAAAAAAAAAAAAAAAAAAAAAAA/api', 'http://kubernetes/api', 'http://10.0.0.1/']) {
      expect(await rawStatus(port(), `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`)).toBe(403)
    }
    expect(await rawStatus(port(), 'CONNECT kubernetes:80 HTTP/1.1\r\nHost: kubernetes:80\r\n\r\n')).toBe(403)
    const upgrade = 'GET /api HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n'
    expect(await rawStatus(port(), upgrade)).toBe(403)
    expect(fake.requests).toEqual([])
    expect(await eventsOf('connection-refused')).toHaveLength(7)
  })

  test('to another place: the relay is no open proxy', async () => {
    const auth = Buffer.from(`pass:${secretOf(relay.admit('call-1').plainKubeconfig)}`).toString('base64')
    const headers = `Proxy-Authorization: Basic ${auth}\r\nConnection: close\r\n\r\n`
    expect(await rawStatus(port(), `GET http://kubernetes/api HTTP/1.1\r\nHost: kubernetes\r\n${headers}`)).toBe(200)
    expect(await rawStatus(port(), `GET ${fake.url}/api HTTP/1.1\r\nHost: x\r\n${headers}`)).toBe(403)
    expect(await rawStatus(port(), `CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: x\r\n${headers}`)).toBe(403)
  })

  test('once it is disconnected', async () => {
    const { plainKubeconfig } = relay.admit('call-1')
    relay.disconnect()
    expect((await ask(plainKubeconfig, '/api')).status).toBe(403)
    expect((await ask(relay.admit('call-2').plainKubeconfig, '/api')).status).toBe(503)
  })

  test('and what is under way then is broken off', async () => {
    fake.logs.isEndless = true
    const { plainKubeconfig } = relay.admit('call-1')
    const endless = ask(plainKubeconfig, '/api/v1/namespaces/shop/pods/web/log?follow=true')
    await until(async () => fake.requests.length > 0, { what: 'the request', timeoutMs: 5000 })
    relay.disconnect()
    await expect(endless).rejects.toThrow()
    expect(await eventsOf('api-request')).toHaveLength(1)
  })
})

test('an upgraded connection is passed on in both directions, through a tunnel too', async () => {
  const pass = relay.admit('call-3')
  const { port } = new URL(serverOf(pass.plainKubeconfig))
  const auth = Buffer.from(`pass:${secretOf(pass.plainKubeconfig)}`).toString('base64')
  const socket = net.connect(Number(port), '127.0.0.1')
  const got: Buffer[] = []
  socket.on('data', (chunk) => got.push(chunk))
  const text = (): string => Buffer.concat(got).toString()
  socket.write(`CONNECT kubernetes:80 HTTP/1.1\r\nHost: kubernetes:80\r\nProxy-Authorization: Basic ${auth}\r\n\r\n`)
  await until(async () => text().includes('200 Connection established'), { what: 'the tunnel', timeoutMs: 5000 })
  socket.write('GET /exec?a=b HTTP/1.1\r\nHost: kubernetes\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n')
  socket.write('X-Stream-Protocol-Version: v4\r\nX-Stream-Protocol-Version: v3\r\n\r\nearly ')
  await until(async () => text().includes('early'), { what: 'the echo', timeoutMs: 5000 })
  expect(text()).toContain('101 Switching Protocols')
  socket.write('late')
  await until(async () => text().includes('early late'), { what: 'the echo', timeoutMs: 5000 })
  socket.end()
  const [event] = await eventsOf('api-request')
  expect(event).toMatchObject({ call: 'call-3', path: '/exec?a=b', status: 101, isUpgrade: true, requestBytes: 10 })
  expect(fake.requests[0]?.headers['audit-id']).toBe(event?.auditId)
})

test('an API server that is not there is told as such', async () => {
  relay.connect({ ...fake.access, server: 'http://127.0.0.1:1' })
  const { status, body } = await ask(relay.admit('call-1').plainKubeconfig, '/api')
  expect(status).toBe(502)
  expect(JSON.parse(body)).toMatchObject({ kind: 'Status', message: expect.stringContaining('ECONNREFUSED') })
  expect((await eventsOf('api-request'))[0]).toMatchObject({ error: expect.stringContaining('ECONNREFUSED') })
})

test('secrets that pass through are known to the redactor', async () => {
  const pass = relay.admit('call-1')
  const text = `b ${fake.access.token} c ${secretOf(pass.plainKubeconfig)} d`
  expect(relay.redactor.text(text)).toBe('b [redacted:token] c [redacted:pass] d')
  expect(pass.kubeconfig + pass.plainKubeconfig).not.toContain(fake.access.token)
})

test.each(['token', 'token/', 'token?timeout=5s', '%74oken', 'tok%65n/'])(
  'a token that was asked for with %s is made, and given to nobody',
  async (spelling) => {
    const path = `/api/v1/namespaces/shop/serviceaccounts/x/${spelling}`
    const { status, body } = await ask(relay.admit('call-1').plainKubeconfig, path, {}, '{}')
    expect(status).toBe(201)
    expect(JSON.parse(body)).toMatchObject({
      kind: 'TokenRequest',
      status: { token: expect.stringMatching(/^\[withheld by the gateway\]\.+$/) },
    })
    expect(body).not.toContain(mintedToken)
    expect(fake.requests.at(-1)?.path).toBe(path)
  },
)

async function eventsOf<T extends GatewayEvent['type']>(
  type: T,
  count = 1,
): Promise<Extract<GatewayEvent, { type: T }>[]> {
  const found = (): GatewayEvent[] => events.filter((event) => event.type === type)
  await until(async () => found().length >= count, { what: `${count} ${type}`, timeoutMs: 5000, intervalMs: 5 })
  return found() as Extract<GatewayEvent, { type: T }>[]
}

function serverOf(kubeconfig: string): string {
  return JSON.parse(kubeconfig).clusters[0].cluster.server
}

function secretOf(plainKubeconfig: string): string {
  return new URL(serverOf(plainKubeconfig)).pathname.slice(1)
}

function ask(
  plainKubeconfig: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const method = body === undefined ? 'GET' : 'POST'
    const request = http.request(serverOf(plainKubeconfig) + path, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }))
      response.on('error', reject)
    })
    request.on('error', reject)
    request.end(body)
  })
}

function rawStatus(port: number, text: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(text))
    socket.once('data', (chunk) => {
      resolve(Number(/^HTTP\/1\.1 (\d+)/.exec(String(chunk))?.[1]))
      socket.destroy()
    })
    socket.once('error', reject)
  })
}
