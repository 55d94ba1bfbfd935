import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { packageRoot } from '../base/package-root.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'
import { createGateway, type Gateway } from './create-gateway.ts'
import { startFakeApiServer, type FakeApiServer } from './fake-api-server.ts'
import { testKubectl } from './find-test-kubectl.ts'
import type { GatewayLimits } from './limits.ts'

let dir: string
let fake: FakeApiServer
let gateway: Gateway | undefined
let client: Client
let events: GatewayEvent[]

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'external-'))
  fake = await startFakeApiServer()
  await writeFile(path.join(dir, 'kubeconfig'), fake.kubeconfig)
  events = []
})

afterEach(async () => {
  await client?.close()
  await gateway?.close()
  gateway = undefined
  await fake[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

const foreign = [process.execPath, path.join(packageRoot, 'harness/gateway/test-mcp-server.ts')]
const installed = (name: string): string[] => [process.execPath, path.join(packageRoot, 'node_modules', name)]

describe('another MCP server behind the gateway', () => {
  test('lends its tools, and ours is added under a free name', async () => {
    await start(foreign)
    const { tools } = await client.listTools()
    const names = tools.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['test_simple_text', 'submit', 'submit_work']))
    expect(textOf(await call('submit', {}))).toBe('a submit of its own')
    expect(textOf(await call('submit_work', { summary: 'done' }))).toContain('Submitted')
    expect(await gateway!.submitted).toMatchObject({ summary: 'done' })
    expect(events.find((event) => event.type === 'gateway-opened')?.tools.map(({ name }) => name)).toEqual(names)
  })

  test('gets an environment with nothing of ours in it', async () => {
    process.env['SECRET_OF_OURS'] = 'key-of-ours'
    await start(foreign)
    const env = JSON.parse(textOf(await call('environment', {}))) as Record<string, string>
    delete process.env['SECRET_OF_OURS']
    expect(Object.keys(env).toSorted()).toEqual(['HOME', 'KUBECONFIG', 'LANG', 'PATH', 'TMPDIR', 'npm_config_cache'])
    expect(JSON.stringify(events)).not.toContain(fake.access.token)
  })

  test('reports progress to the end, even when the answer comes along with the last of it', async () => {
    await start(foreign)
    const seen: number[] = []
    const onprogress = ({ progress }: { progress: number }): unknown => seen.push(progress)
    await client.callTool({ name: 'burst', arguments: {} }, undefined, { onprogress })
    expect(seen).toEqual([0, 50, 100])
  })

  test('is waited for no longer than other calls', async () => {
    await start(foreign, { waitMs: 300 })
    const result = await call('sleep', {})
    expect(result.isError).toBe(true)
    expect(textOf(result)).toContain('no answer from the MCP server in 0.3 s')
    expect(finished()[0]).toMatchObject({ outcome: 'deadline' })
    expect(textOf(await call('test_simple_text', {}))).toContain('simple text')
  })

  test('may say a lot, but not everything', async () => {
    await start(foreign)
    expect(textOf(await call('flood', {})).length).toBeLessThan(1_100_000)
  })

  test('may die: then its tools say so', async () => {
    await start(foreign)
    expect((await call('die', {})).isError).toBe(true)
    const late = await call('test_simple_text', {})
    expect(late.isError).toBe(true)
    expect(textOf(late)).toMatch(/closed|connected/i)
  })

  test('that is none stops the hand-over with what it printed', async () => {
    const argv = ['sh', '-c', 'echo no such thing >&2; exit 7']
    await expect(start(argv)).rejects.toMatchObject({
      code: 'mcp-server',
      hint: expect.stringContaining('no such thing'),
    })
  })
})

describe.skipIf(testKubectl === undefined)('servers that people use', () => {
  test('kubernetes-mcp-server works through the relay', { timeout: 60_000 }, async () => {
    await start(installed('kubernetes-mcp-server/bin/index.js'))
    const result = await call('pods_get', { name: 'checkout', namespace: 'shop' })
    expect(textOf(result)).toContain('uid-of-checkout')
    expectJoined('call-1', '/namespaces/shop/pods')
    const view = textOf(await call('configuration_view', { minified: false }))
    expect(view).toContain('127.0.0.1')
    expect(view).toContain('[redacted:')
  })

  test('mcp-server-kubernetes works through the relay', { timeout: 60_000 }, async () => {
    await start(installed('mcp-server-kubernetes/dist/index.js'))
    const result = await call('kubectl_get', { resourceType: 'pods', name: '', namespace: 'shop' })
    expect(textOf(result)).toContain('checkout')
    expectJoined('call-1', '/namespaces/shop/pods')
  })

  function expectJoined(id: string, asked: string): void {
    const requests = events.filter((event) => event.type === 'api-request')
    const own = requests.find((request) => request.call === id && request.path.includes(asked))
    const seen = fake.requests.find(({ headers }) => headers['audit-id'] === own?.auditId)
    expect(seen?.path).toContain(asked)
    expect(seen?.headers.authorization).toBe(`Bearer ${fake.access.token}`)
  }
})

async function start(argv: string[], limits: Partial<GatewayLimits> = {}): Promise<void> {
  gateway = await createGateway({
    tools: 'kubectl',
    ...(testKubectl === undefined ? {} : { kubectl: testKubectl }),
    mcpServer: { argv },
    limits,
    recorder: (event) => events.push(event),
  })
  await gateway.handOver(path.join(dir, 'kubeconfig'))
  const { url, token } = await gateway.listen()
  client = new Client({ name: 'test', version: '1' })
  const requestInit = { headers: { authorization: `Bearer ${token}` } }
  await client.connect(new StreamableHTTPClientTransport(new URL(url), { requestInit }))
}

async function call(name: string, args: Record<string, unknown>): Promise<CallToolResult> {
  return (await client.callTool({ name, arguments: args })) as CallToolResult
}

function textOf(result: CallToolResult): string {
  return result.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function finished(): Extract<GatewayEvent, { type: 'tool-call-finished' }>[] {
  return events.filter((event) => event.type === 'tool-call-finished')
}
