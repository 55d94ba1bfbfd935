import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import type { CallToolResult } from '@modelcontextprotocol/sdk/types.js'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { sleep } from '../base/clock.ts'
import { mustRun } from '../base/command.ts'
import { packageRoot } from '../base/package-root.ts'
import { until } from '../base/retry.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'
import { createGateway, type Gateway, type GatewayOptions } from './create-gateway.ts'
import { mintedToken, startFakeApiServer, type FakeApiServer } from './fake-api-server.ts'
import { testKubectl } from './find-test-kubectl.ts'

let dir: string
let fake: FakeApiServer
let kubeconfig: string
let gateway: Gateway | undefined
let events: GatewayEvent[]
let clients: Client[]

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'gateway-test-'))
  fake = await startFakeApiServer()
  kubeconfig = path.join(dir, 'kubeconfig')
  await writeFile(kubeconfig, fake.kubeconfig)
  await mkdir(path.join(dir, 'workspace'))
  await writeFile(path.join(dir, 'workspace/web.yaml'), 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: web}\n')
  events = []
  clients = []
})

afterEach(async () => {
  await Promise.all(clients.map((client) => client.close()))
  await gateway?.close()
  gateway = undefined
  await fake[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

describe.skipIf(testKubectl === undefined)('kubectl over HTTP', () => {
  test('answers with stdout, stderr and exit code apart', async () => {
    const client = await connect({ kubeconfig })
    const good = await call(client, 'kubectl', { args: 'get pods' })
    expect(good.isError).toBeUndefined()
    expect(textOf(good)).toMatch(/^NAME +AGE\nweb +\S+\ncheckout +\S+\n$/)
    expect(good.structuredContent).toEqual({ exitCode: 0, stdout: textOf(good), stderr: '', endedBy: 'exit' })
    const bad = await call(client, 'kubectl', { args: ['get', 'pod', 'missing'] })
    expect(bad.isError).toBe(true)
    expect(bad.structuredContent).toMatchObject({ exitCode: 1, stdout: '' })
    expect(textOf(bad)).toContain('not found')
    expect(textOf(bad)).toContain('[exit code 1]')
  })

  test('takes manifests as stdin and as heredoc', async () => {
    const client = await connect({ kubeconfig })
    const manifest = 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: missing}\n'
    expect(textOf(await call(client, 'kubectl', { args: 'create -f -', stdin: manifest }))).toContain('created')
    expect(textOf(await call(client, 'kubectl', { args: `create -f - <<EOF\n${manifest}EOF` }))).toContain('created')
    const both = await call(client, 'kubectl', { args: `create -f - <<EOF\n${manifest}EOF`, stdin: manifest })
    expect(textOf(both)).toContain('not both')
  })

  test('says no in words, and records by which rule', async () => {
    const client = await connect({ kubeconfig })
    const result = await call(client, 'kubectl', { args: 'get pods -shttps://10.0.0.1' })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toMatch(/^refused: --server/)
    expect(finished()[0]).toMatchObject({ outcome: 'refused', refusedBy: 'another-server' })
    expect(fake.requests).toEqual([])
    expect(textOf(await call(client, 'kubectl', { args: 7 }))).toContain('args: ')
    expect(finished()[1]).toMatchObject({ outcome: 'invalid' })
  })

  test('joins every API request to the call that made it, also when calls overlap', async () => {
    const client = await connect({ kubeconfig })
    const namespaces = ['a', 'b', 'c', 'd', 'e', 'f']
    await Promise.all(namespaces.map((namespace) => call(client, 'kubectl', { args: `get pods -n ${namespace}` })))
    const started = events.filter((event) => event.type === 'tool-call-started')
    const requests = events.filter((event) => event.type === 'api-request')
    for (const { call: id, arguments: args } of started) {
      const namespace = String(args['args']).at(-1)!
      const own = requests.filter((request) => request.call === id && request.path.includes('/namespaces/'))
      expect(own.map((request) => request.path.split('?')[0])).toEqual([`/api/v1/namespaces/${namespace}/pods`])
      const end = events.findIndex((event) => event.type === 'tool-call-finished' && event.call === id)
      for (const request of own) expect(events.indexOf(request)).toBeLessThan(end)
    }
    const seen = fake.requests.map(({ headers }) => String(headers['audit-id']))
    expect(requests.map(({ auditId }) => auditId).toSorted()).toEqual(seen.toSorted())
  })

  test('finds out what the cluster can do only once', async () => {
    const client = await connect({ kubeconfig })
    await call(client, 'kubectl', { args: 'get pods' })
    const before = fake.requests.length
    await call(client, 'kubectl', { args: 'get pods' })
    expect(fake.requests.slice(before).map(({ path: asked }) => asked.split('?')[0])).toEqual([
      '/api/v1/namespaces/default/pods',
    ])
  })

  test('ends what never ends, with what it had', async () => {
    const client = await connect({ kubeconfig, limits: { followMs: 1500 } })
    const watching = await call(client, 'kubectl', { args: 'get pods -w' })
    expect(watching.structuredContent).toMatchObject({ endedBy: 'deadline', exitCode: null })
    expect(textOf(watching)).toMatch(/late .*\n\[ended by the gateway after 1.5 s, with what it had by then\]/s)
    fake.logs.isEndless = true
    const following = await call(client, 'kubectl', { args: 'logs -f web' })
    expect(textOf(following)).toContain('a line of log')
    expect(textOf(following)).toContain('ended by the gateway')
  })

  test('cuts a log of 100 MB, in bounded memory', async () => {
    fake.logs.bytes = 100 * 1024 * 1024
    const client = await connect({ kubeconfig })
    let most = 0
    const timer = setInterval(() => (most = Math.max(most, process.memoryUsage().arrayBuffers)), 20)
    const result = await call(client, 'kubectl', { args: 'logs web' })
    clearInterval(timer)
    expect(textOf(result).length).toBeLessThan(33_000)
    expect(textOf(result)).toMatch(/104,8\d\d,\d{3} bytes \([\d,]+ lines\) left out here; ask for less: --tail=100/)
    expect(finished()[0]).toMatchObject({ stdoutBytes: fake.logs.bytes })
    expect(most).toBeLessThan(100_000_000)
  })

  test('ends kubectl when the client takes the call back', async () => {
    const client = await connect({ kubeconfig })
    const aborting = new AbortController()
    const watching = client.callTool({ name: 'kubectl', arguments: { args: 'get pods -w' } }, undefined, {
      signal: aborting.signal,
    })
    await until(async () => fake.requests.some((seen) => seen.path.includes('watch=true')), waitFor('the watch'))
    aborting.abort(new Error('changed my mind'))
    await expect(watching).rejects.toThrow()
    await until(async () => finished().length === 1, waitFor('the end'))
    expect(finished()[0]).toMatchObject({ outcome: 'cancelled' })
  })

  test('tells nobody a token', async () => {
    const client = await connect({ kubeconfig })
    const minted = await call(client, 'kubectl', { args: 'create token default' })
    expect(textOf(minted)).toContain('[withheld by the gateway]')
    await call(client, 'kubectl', { args: 'config get-contexts' })
    await call(client, 'kubectl', { args: 'get pods -v=5' })
    const all = JSON.stringify(events)
    expect(all).not.toContain(mintedToken)
    expect(all).not.toContain(fake.access.token)
  })

  test('gives the typed tools the same way in', async () => {
    const client = await connect({ kubeconfig, tools: 'typed' })
    const { tools } = await client.listTools()
    expect(tools.map((tool) => tool.name)).toEqual(
      'get describe logs events apply patch delete exec rollout top explain submit'.split(' '),
    )
    const got = await call(client, 'get', { kind: 'pods', namespace: 'shop', output: 'name', selector: 'a=b' })
    expect(textOf(got)).toBe('pod/web\npod/checkout\n')
    expect(fake.requests.at(-1)?.path).toContain('/namespaces/shop/pods?labelSelector=a%3Db')
    const file = await call(client, 'get', { kind: 'pods', output: 'go-template-file=/etc/passwd' })
    expect(textOf(file)).toMatch(/^refused/)
    const odd = await call(client, 'get', { kind: '--server=x' })
    expect(textOf(odd)).toContain('must not start with -')
    const inNamespace = textOf(await call(client, 'get', { kind: 'pods', namespace: '--server=x' }))
    expect(inNamespace).toContain('does not match the namespace "--server=x"')
    expect(fake.requests.at(-1)?.path).toContain('/namespaces/--server=x/pods')
    const applied = await call(client, 'apply', {
      manifest: 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: missing}',
    })
    expect(textOf(applied)).toContain('created')
    expect(textOf(await call(client, 'get', { kind: 'pods', nmespace: 'shop' }))).toContain('nmespace')
  })

  test('reads -f PATH itself where the task holds a workspace, and nowhere else', async () => {
    const client = await connect({ kubeconfig, workspace: path.join(dir, 'workspace') })
    expect(textOf(await call(client, 'kubectl', { args: 'create -f web.yaml' }))).toContain('configmap/web created')
    expect(textOf(await call(client, 'kubectl', { args: 'create -f .' }))).toContain('configmap/web created')
    expect(textOf(await call(client, 'kubectl', { args: 'create -f ../kubeconfig' }))).toMatch(/^refused/)
    expect(textOf(await call(client, 'kubectl', { args: `create -f ${kubeconfig}` }))).toMatch(/^refused/)
    expect(textOf(await call(client, 'kubectl', { args: 'create -f http://10.0.0.1/x' }))).toMatch(/^refused/)
    expect(textOf(await call(client, 'read_file', { path: 'web.yaml' }))).toContain('kind: ConfigMap')
  })

  test('leaves nothing behind', async () => {
    const client = await connect({ kubeconfig })
    await call(client, 'kubectl', { args: 'get pods' })
    const ours = async (): Promise<string[]> =>
      (await readdir(os.tmpdir())).filter((name) => name.startsWith(`kubemend-gateway-${process.pid}-`))
    const before = await ours()
    await gateway!.close()
    expect((await ours()).length).toBe(before.length - 1)
  })
})

describe('the life of a trial', () => {
  test.skipIf(testKubectl === undefined)('calls wait for the cluster', async () => {
    const client = await connect({})
    const early = call(client, 'kubectl', { args: 'get pods' })
    await sleep(200)
    expect(fake.requests).toEqual([])
    await gateway!.handOver(kubeconfig)
    expect(textOf(await early)).toContain('checkout')
  })

  test('a cluster that does not come is said to be prepared', async () => {
    const client = await connect({ kubectl: '/not/used', limits: { handOverMs: 100 } })
    expect(client.getInstructions()).toContain('still being prepared')
    const result = await call(client, 'kubectl', { args: 'get pods' })
    expect(result.isError).toBe(true)
    expect(textOf(result)).toContain('the cluster is still being prepared')
    expect(finished()[0]).toMatchObject({ outcome: 'not-ready' })
  })

  test('submit ends it', async () => {
    const client = await connectToWorkspace()
    expect(textOf(await call(client, 'submit', { summary: 'all done' }))).toContain('Submitted')
    expect(await gateway!.submitted).toEqual({ call: 'call-1', summary: 'all done' })
    const late = await call(client, 'list_files', {})
    expect(late.isError).toBe(true)
    expect(textOf(late)).toBe('the trial is over: you submitted your work')
    expect(textOf(await call(client, 'submit', { summary: 'again' }))).toContain('the trial is over')
    expect(events.filter((event) => event.type === 'agent-submitted')).toHaveLength(1)
    expect(events.filter((event) => event.type === 'gateway-ended')).toHaveLength(1)
  })

  test('the answer to submit arrives even where the gateway is closed at once', async () => {
    const client = await connectToWorkspace()
    const answer = call(client, 'submit', { summary: 'all done' })
    await gateway!.submitted
    await gateway!.close()
    expect(textOf(await answer)).toContain('Submitted')
  })

  test.skipIf(testKubectl === undefined)('a revoked trial breaks off what runs', async () => {
    const client = await connect({ kubeconfig })
    const watching = call(client, 'kubectl', { args: 'get pods -w' })
    await until(async () => fake.requests.some((seen) => seen.path.includes('watch=true')), waitFor('the watch'))
    await gateway!.end('the time budget is spent')
    expect((await watching).isError).toBe(true)
    expect(textOf(await call(client, 'kubectl', { args: 'get pods' }))).toBe(
      'the trial is over: the time budget is spent',
    )
  })

  test('a budget of calls leaves submit only', async () => {
    const client = await connectToWorkspace({ totalCalls: 2 })
    for (let i = 0; i < 2; i++) expect((await call(client, 'list_files', {})).isError).toBeUndefined()
    const third = await call(client, 'list_files', {})
    expect(textOf(third)).toContain('the budget of 2 tool calls is spent')
    expect(finished().at(-1)).toMatchObject({ outcome: 'budget' })
    expect(textOf(await call(client, 'submit', { summary: 'x' }))).toContain('Submitted')
  })

  test.skipIf(testKubectl === undefined)('a flood is turned away, and what is let in is served', async () => {
    const client = await connect({ kubeconfig, limits: { concurrentCalls: 2, queuedCalls: 3 } })
    const results = await Promise.all(
      Array.from({ length: 40 }, () => call(client, 'kubectl', { args: 'version --client' })),
    )
    const turnedAway = results.filter((result) => textOf(result).includes('calls are waiting already'))
    expect(turnedAway.length).toBeGreaterThan(20)
    const served = results.filter((result) => textOf(result).includes('Client Version'))
    expect(served.length).toBe(40 - turnedAway.length)
    expect(served.length).toBeGreaterThanOrEqual(5)
  })

  test('thousands of calls do no harm', async () => {
    const client = await connectToWorkspace({ totalCalls: 100 })
    const before = process.memoryUsage().rss
    for (let i = 0; i < 20; i++) await Promise.all(Array.from({ length: 100 }, () => call(client, 'list_files', {})))
    expect(gateway!.calls).toBe(2000)
    expect(process.memoryUsage().rss - before).toBeLessThan(300_000_000)
    expect((await call(client, 'submit', { summary: '' })).isError).toBeUndefined()
  })
})

test.skipIf(testKubectl === undefined)('a program that speaks no MCP acts as the agent in one call', async () => {
  await start({ kubeconfig })
  const lent = path.join(dir, 'lent')
  const command = [testKubectl!, 'get', 'pods', '-o', 'name', '--kubeconfig', lent]
  const result = await gateway!.serve({
    name: 'solve.sh',
    description: 'The script',
    arguments: { task: 'x' },
    async run(way) {
      await writeFile(lent, way.kubeconfig)
      const { stdout } = await mustRun(command, { env: { HOME: dir } })
      return { text: `${stdout}${fake.access.token}`, exitCode: 0 }
    },
  })
  expect(result.text).toBe('pod/web\npod/checkout\n[redacted:token]')
  const requests = events.filter((event) => event.type === 'api-request')
  expect(new Set(requests.map((request) => request.call))).toEqual(new Set(['call-1']))
  expect(finished()[0]).toMatchObject({ call: 'call-1', tool: 'solve.sh', exitCode: 0, text: result.text })
  await expect(mustRun(command, { env: { HOME: dir } })).rejects.toThrow('exited with 1')
})

test.skipIf(testKubectl === undefined)('the default namespace is that of the agent’s kubeconfig', async () => {
  await writeFile(kubeconfig, fake.kubeconfig.replace('"user":"agent"', '"user":"agent","namespace":"shop"'))
  const client = await connect({ kubeconfig })
  await call(client, 'kubectl', { args: 'get pods' })
  expect(fake.requests.at(-1)?.path).toContain('/namespaces/shop/pods')
})

describe('every tool', () => {
  for (const tools of ['kubectl', 'typed', 'workspace'] as const) {
    test(`of ${tools} carries all four annotations, a title and a closed schema`, async () => {
      const client = await connect({ tools, kubectl: '/not/used', workspace: path.join(dir, 'workspace') })
      const listed = await client.listTools()
      for (const tool of listed.tools) {
        expect(Object.keys(tool.annotations ?? {}).toSorted(), tool.name).toEqual([
          'destructiveHint',
          'idempotentHint',
          'openWorldHint',
          'readOnlyHint',
        ])
        expect(tool.annotations?.readOnlyHint && tool.annotations.destructiveHint, tool.name).toBe(false)
        expect(tool.title, tool.name).toBeTruthy()
        expect(tool.inputSchema, tool.name).toMatchObject({ type: 'object', additionalProperties: false })
      }
      const opened = events.find((event) => event.type === 'gateway-opened')
      expect(opened?.tools).toEqual(listed.tools)
    })
  }

  test('that does not exist is a protocol error', async () => {
    const client = await connectToWorkspace()
    await expect(call(client, 'rm', {})).rejects.toThrow('there is no tool rm')
  })
})

test('files of a workspace are listed, read, written and edited', async () => {
  const client = await connectToWorkspace()
  await call(client, 'write_file', { path: 'a/b.txt', content: 'one\ntwo\none\n' })
  expect(textOf(await call(client, 'list_files', {}))).toBe('a/b.txt\nweb.yaml\n')
  const twice = await call(client, 'edit_file', { path: 'a/b.txt', oldText: 'one', newText: '1' })
  expect(textOf(twice)).toContain('2 times')
  await call(client, 'edit_file', { path: 'a/b.txt', oldText: 'two\n', newText: '$& 2\n' })
  expect(textOf(await call(client, 'read_file', { path: 'a/b.txt' }))).toBe('one\n$& 2\none\n')
  expect(textOf(await call(client, 'read_file', { path: 'a/b.txt', firstLine: 2, lastLine: 2 }))).toBe('$& 2\n')
  expect((await call(client, 'read_file', { path: '../kubeconfig' })).isError).toBe(true)
  expect(finished().at(-1)).toMatchObject({ outcome: 'refused', refusedBy: 'local-file' })
})

describe('over stdio', () => {
  test('a gateway serves its own streams', async () => {
    const module = path.join(packageRoot, 'harness/gateway/create-gateway.ts')
    const script = `
      const { createGateway } = await import(${JSON.stringify(module)})
      const gateway = await createGateway({ tools: 'workspace', workspace: process.argv[1], recorder: () => {} })
      await gateway.connectStdio()
      await gateway.submitted
      await gateway.close()`
    const args = ['--input-type=module', '-e', script, path.join(dir, 'workspace')]
    const client = await open(new StdioClientTransport({ command: process.execPath, args, stderr: 'ignore' }))
    expect(textOf(await call(client, 'list_files', {}))).toBe('web.yaml\n')
    expect(textOf(await call(client, 'submit', { summary: 'done' }))).toContain('Submitted')
  })

  test('the bridge gives the HTTP endpoint to a client that knows stdio only', async () => {
    await start({ tools: 'workspace', workspace: path.join(dir, 'workspace') })
    const { url, token } = await gateway!.listen()
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [path.join(packageRoot, 'harness/gateway/stdio-bridge.ts')],
      env: { MCP_GATEWAY_URL: url, MCP_GATEWAY_TOKEN: token },
    })
    const client = await open(transport)
    expect(textOf(await call(client, 'list_files', {}))).toBe('web.yaml\n')
    await client.close()
    await until(async () => events.some((event) => event.type === 'session-closed'), waitFor('the goodbye'))
  })
})

async function start(options: Partial<GatewayOptions>): Promise<void> {
  gateway = await createGateway({
    tools: 'kubectl',
    kubectl: testKubectl ?? '/not/found',
    recorder: (event) => events.push(event),
    ...options,
  })
}

async function connect(options: Partial<GatewayOptions>): Promise<Client> {
  await start(options)
  const { url, token } = await gateway!.listen()
  const headers = { authorization: `Bearer ${token}` }
  return open(new StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }))
}

function connectToWorkspace(limits: GatewayOptions['limits'] = {}): Promise<Client> {
  return connect({ tools: 'workspace', workspace: path.join(dir, 'workspace'), limits })
}

async function open(transport: StdioClientTransport | StreamableHTTPClientTransport): Promise<Client> {
  const client = new Client({ name: 'test', version: '1' })
  await client.connect(transport)
  clients.push(client)
  return client
}

async function call(client: Client, name: string, args: Record<string, unknown>): Promise<CallToolResult> {
  return (await client.callTool({ name, arguments: args })) as CallToolResult
}

function textOf(result: CallToolResult): string {
  return result.content.map((part) => (part.type === 'text' ? part.text : '')).join('')
}

function finished(): Extract<GatewayEvent, { type: 'tool-call-finished' }>[] {
  return events.filter((event) => event.type === 'tool-call-finished')
}

function waitFor(what: string): { what: string; timeoutMs: number } {
  return { what, timeoutMs: 5000 }
}
