import http from 'node:http'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { GatewayEvent } from '../record/gateway-event.ts'
import { createGateway, type Gateway } from './create-gateway.ts'

let gateway: Gateway
let url: URL
let token: string
let events: GatewayEvent[]

beforeEach(async () => {
  events = []
  gateway = await createGateway({
    tools: 'kubectl',
    kubectl: '/not/used',
    limits: { sessions: 3 },
    recorder: (event) => events.push(event),
  })
  const listening = await gateway.listen()
  url = new URL(listening.url)
  token = listening.token
})

afterEach(() => gateway.close())

test('it listens on the loopback only, on a port of its own', async () => {
  expect(url.hostname).toBe('127.0.0.1')
  const other = await createGateway({ tools: 'kubectl', kubectl: '/not/used', recorder: () => undefined })
  expect((await other.listen()).url).not.toBe(url.href)
  expect((await other.listen()).token).not.toBe(token)
  await other.close()
})

test('the token opens it', async () => {
  expect((await post(initialize)).status).toBe(200)
})

test.each([
  ['no token', { authorization: '' }, 401],
  ['a wrong token', { authorization: 'Bearer wrong' }, 401],
  ['a token of the right length', { authorization: `Bearer ${'x'.repeat(43)}` }, 401],
  ['another scheme', { authorization: `Basic ${'x'.repeat(43)}` }, 401],
  ['another host', { host: 'evil.example' }, 403],
  ['another host on our port', { host: 'evil.example:PORT' }, 403],
  ['our host without the port', { host: '127.0.0.1' }, 403],
  ['a web page', { origin: 'https://evil.example' }, 403],
  ['a web page of another port', { origin: 'http://127.0.0.1:1' }, 403],
  ['a sandboxed web page', { origin: 'null' }, 403],
])('%s does not', async (_, headers, status) => {
  const given = Object.fromEntries(Object.entries(headers).map(([k, v]) => [k, v.replace('PORT', url.port)]))
  expect((await post(initialize, given)).status).toBe(status)
  expect(events.filter((event) => event.type === 'connection-refused')).toHaveLength(1)
  expect(JSON.stringify(events)).not.toContain(token)
})

test('localhost and a page of our own address are allowed', async () => {
  expect((await post(initialize, { host: `localhost:${url.port}` })).status).toBe(200)
  expect((await post(initialize, { origin: `http://127.0.0.1:${url.port}` })).status).toBe(200)
})

test('only /mcp is there', async () => {
  expect((await post(initialize, {}, '/')).status).toBe(404)
  expect((await post(initialize, {}, '/mcp/../admin')).status).toBe(404)
})

test('sessions are asked for by their id', async () => {
  const { session } = await post(initialize)
  expect(session).toMatch(/^[\w-]{36}$/)
  expect((await post(listTools, { 'mcp-session-id': session! })).body).toContain('"kubectl"')
  expect((await post(listTools)).status).toBe(400)
  expect((await post(listTools, { 'mcp-session-id': 'unknown' })).status).toBe(404)
})

test('clients that never say goodbye lose their oldest sessions', async () => {
  const ids: string[] = []
  for (let i = 0; i < 5; i++) ids.push((await post(initialize)).session!)
  const states = await Promise.all(ids.map((id) => post(listTools, { 'mcp-session-id': id })))
  expect(states.map(({ status }) => status)).toEqual([404, 404, 200, 200, 200])
})

test('a body without end is cut off', async () => {
  const { status } = await post({ ...initialize, filler: 'x'.repeat(6 * 1024 * 1024) })
  expect(status).toBe(413)
})

test('what is no JSON is answered as such', async () => {
  expect((await post('{')).status).toBe(400)
})

const initialize = {
  jsonrpc: '2.0',
  id: 1,
  method: 'initialize',
  params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: { name: 'test', version: '1' } },
}

const listTools = { jsonrpc: '2.0', id: 2, method: 'tools/list' }

function post(
  message: unknown,
  headers: Record<string, string> = {},
  path = '/mcp',
): Promise<{ status: number; session: string | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const all = {
      authorization: `Bearer ${token}`,
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    }
    const request = http.request(
      { host: url.hostname, port: url.port, path, method: 'POST', headers: all },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const session = response.headers['mcp-session-id']
          resolve({
            status: response.statusCode ?? 0,
            session: typeof session === 'string' ? session : undefined,
            body: Buffer.concat(chunks).toString(),
          })
        })
      },
    )
    request.on('error', reject)
    request.end(typeof message === 'string' ? message : JSON.stringify(message))
  })
}
