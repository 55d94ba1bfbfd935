import http from 'node:http'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand, type CommandResult } from '../base/command.ts'
import { packageRoot } from '../base/package-root.ts'
import { createGateway, type Gateway } from './create-gateway.ts'
import { startFakeApiServer, type FakeApiServer } from './fake-api-server.ts'

const bin = (name: string): string => path.join(packageRoot, 'node_modules/.bin', name)
let dir: string

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'conformance-'))
  await writeFile(path.join(dir, 'a.txt'), 'hello\n')
})

afterAll(() => rm(dir, { recursive: true, force: true }))

describe('@modelcontextprotocol/conformance passes', () => {
  let fake: FakeApiServer
  let ours: Gateway
  let foreign: Gateway
  const fronts: http.Server[] = []

  beforeAll(async () => {
    fake = await startFakeApiServer()
    const kubeconfig = path.join(dir, 'kubeconfig')
    await writeFile(kubeconfig, fake.kubeconfig)
    ours = await createGateway({ tools: 'workspace', workspace: dir, recorder: () => undefined })
    const argv = [process.execPath, path.join(packageRoot, 'harness/gateway/test-mcp-server.ts')]
    foreign = await createGateway({ tools: 'kubectl', mcpServer: { argv }, kubeconfig, recorder: () => undefined })
  })

  afterAll(async () => {
    for (const front of fronts) front.closeAllConnections()
    await Promise.all([ours.close(), foreign.close(), fake[Symbol.asyncDispose]()])
    for (const front of fronts) front.close()
  })

  test.concurrent.each([
    'server-initialize',
    'ping',
    'tools-list',
    'dns-rebinding-protection',
    'server-sse-multiple-streams',
    'server-sse-polling',
  ])('%s', async (scenario) => {
    await expectScenario(scenario, ours)
  })

  test.concurrent.each([
    'tools-call-simple-text',
    'tools-call-image',
    'tools-call-audio',
    'tools-call-embedded-resource',
    'tools-call-mixed-content',
    'tools-call-error',
    'tools-call-with-progress',
    'json-schema-2020-12',
  ])('%s, through the gateway from a server behind it', async (scenario) => {
    await expectScenario(scenario, foreign)
  })

  async function expectScenario(scenario: string, gateway: Gateway): Promise<void> {
    const url = await frontOf(gateway)
    const result = await runCommand([bin('conformance'), 'server', '--url', url, '--scenario', scenario], { cwd: dir })
    expect(result.stdout).toMatch(/Passed: \d+\/\d+, 0 failed/)
    expect(result.exitCode, result.stdout).toBe(0)
  }

  /** The suite knows no tokens: this adds ours, and leaves Host and Origin to be judged. */
  async function frontOf(gateway: Gateway): Promise<string> {
    const { url, token } = await gateway.listen()
    const { hostname, port, host } = new URL(url)
    const front = http.createServer((request, response) => {
      const here = `127.0.0.1:${(front.address() as AddressInfo).port}`
      const moved = (value: string): string =>
        value.replace(here, host).replace(here.replace('127.0.0.1', 'localhost'), host)
      const headers: http.OutgoingHttpHeaders = { ...request.headers, authorization: `Bearer ${token}` }
      headers['host'] = moved(request.headers.host ?? '')
      if (request.headers.origin !== undefined) headers['origin'] = moved(request.headers.origin)
      const { method = 'GET', url: asked = '/' } = request
      const onward = http.request({ hostname, port, path: asked, method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers)
        response.flushHeaders()
        answer.pipe(response)
      })
      onward.on('error', () => response.destroy())
      response.on('close', () => onward.destroy())
      request.pipe(onward)
    })
    fronts.push(front)
    await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(front.address() as AddressInfo).port}/mcp`
  }
})

describe('the MCP Inspector’s command line', () => {
  let gateway: Gateway

  beforeAll(async () => {
    gateway = await createGateway({ tools: 'workspace', workspace: dir, recorder: () => undefined })
  })

  afterAll(() => gateway.close())

  test('finds our tool schemas portable', async () => {
    const { exitCode, stdout, stderr } = await inspect('--method', 'tools/list', '--strict')
    expect(exitCode, stderr).toBe(0)
    const { tools } = JSON.parse(stdout) as { tools: { name: string }[] }
    expect(tools.map(({ name }) => name)).toEqual(['list_files', 'read_file', 'write_file', 'edit_file', 'submit'])
  })

  test('calls a tool', async () => {
    const args = ['--method', 'tools/call', '--tool-name', 'read_file', '--tool-arg', 'path=a.txt']
    const { stdout, stderr } = await inspect(...args)
    expect(stdout, stderr).toContain('hello')
  })

  test('has no way in without the token', async () => {
    const { url } = await gateway.listen()
    const { exitCode } = await runInspector([url, '--transport', 'http', '--method', 'tools/list'])
    expect(exitCode).not.toBe(0)
  })

  async function inspect(...args: string[]): Promise<CommandResult> {
    const { url, token } = await gateway.listen()
    return runInspector([url, '--transport', 'http', '--header', `Authorization: Bearer ${token}`, ...args])
  }

  function runInspector(args: string[]): Promise<CommandResult> {
    return runCommand([bin('mcp-inspector'), '--cli', ...args], { env: { HOME: dir }, timeoutMs: 30_000 })
  }
})
