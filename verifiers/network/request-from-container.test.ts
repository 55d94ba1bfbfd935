import { mkdtemp, rm, symlink } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../harness/base/command.ts'
import { object } from '../sample-cluster.ts'
import type { EnteredContainer } from '../containers/enter-container.ts'
import { connectFromContainer } from './connect-from-container.ts'
import { requestFromContainer, type HttpRequest } from './request-from-container.ts'
import { resolveFromContainer } from './resolve-from-container.ts'

/** The programs of this machine stand in for those of an image; what it lacks is skipped. */
const found = new Map<string, string>()
let bin = ''
let port = 0
const server = http.createServer((request, response) => {
  if (request.url === '/slow') return
  if (request.url === '/cut') {
    request.socket.destroy()
    return
  }
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () => {
    const status = Number(/^\/status\/(\d+)/.exec(request.url ?? '')?.[1] ?? 200)
    const headers = { 'x-seen': `${request.method} ${request.headers.host} ${String(request.headers['x-given'])}` }
    response.writeHead(status, { ...headers, ...(status === 302 ? { location: '/elsewhere' } : {}) })
    response.write('hello ')
    response.end(Buffer.concat(chunks).toString() || 'world')
  })
})

for (const tool of ['curl', 'python3', 'node', 'wget', 'bash', 'timeout', 'cat', 'sh', 'getent']) {
  // what is called python3 may be a shim
  const locate = tool === 'python3' ? 'python3 -c "import sys; print(sys.executable)"' : `command -v ${tool}`
  const where = await runCommand(['sh', '-c', locate])
  if (where.exitCode === 0) found.set(tool, where.stdout.trim())
}

beforeAll(async () => {
  bin = await mkdtemp(path.join(os.tmpdir(), 'container-programs-'))
  for (const [tool, file] of found) await symlink(file, path.join(bin, tool))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(async () => {
  server.closeAllConnections()
  server.close()
  await rm(bin, { recursive: true, force: true })
})

const clients: [string, string[]][] = [
  ['curl', ['curl']],
  ['python3', ['python3']],
  ['node', ['node']],
  ['GNU wget', ['wget', 'gnu-wget']],
  ['bash', ['bash', 'timeout', 'cat']],
]

describe.each(clients)('a request with %s', (_, tools) => {
  const skip = tools.find((tool) => tool !== 'gnu-wget' && !found.has(tool))
  it('shows the status, headers and body of an answer', async (test) => {
    test.skip(skip !== undefined, `this machine has no ${skip}`)
    const answer = await ask(tools, '/', { headers: { 'X-Given': 'yes' } })
    expect(answer).toMatchObject({ status: 200, body: 'hello world' })
    expect(answer).toMatchObject({ headers: { 'x-seen': `GET 127.0.0.1:${port} yes` } })
  })

  it('shows answers that are no success, and does not follow redirects', async (test) => {
    test.skip(skip !== undefined, `this machine has no ${skip}`)
    expect(await ask(tools, '/status/503')).toMatchObject({ status: 503, body: 'hello world' })
    expect(await ask(tools, '/status/302')).toMatchObject({ status: 302 })
  })

  it('sends a body with any method', async (test) => {
    test.skip(skip !== undefined, `this machine has no ${skip}`)
    const answer = await ask(tools, '/', { method: 'PUT', body: 'a "b" $c' })
    expect(answer).toMatchObject({
      body: 'hello a "b" $c',
      headers: { 'x-seen': expect.stringMatching(/^PUT /) as string },
    })
  })

  it('tells how an attempt failed', async (test) => {
    test.skip(skip !== undefined, `this machine has no ${skip}`)
    const closed = new URL('http://127.0.0.1:9/')
    expect(await ask(tools, closed)).toMatchObject({ failed: 'refused' })
    expect(await ask(tools, new URL('http://name.invalid/'))).toMatchObject({ failed: 'dns' })
    expect(await ask(tools, '/slow')).toMatchObject({ failed: 'timeout' })
    expect(await ask(tools, '/cut')).toMatchObject({ failed: 'closed' })
  })
})

describe.each(clients.filter(([name]) => name !== 'GNU wget'))('a connection with %s', (_, tools) => {
  const skip = tools.find((tool) => !found.has(tool))
  it('is made, refused, or does not know where to go', async (test) => {
    test.skip(skip !== undefined, `this machine has no ${skip}`)
    const to = (host: string, at: number): Promise<object> =>
      connectFromContainer(containerWith(tools), { host, port: at }, 2)
    expect(await to('127.0.0.1', port)).toEqual({ connected: true })
    expect(await to('127.0.0.1', 9)).toMatchObject({ failed: 'refused' })
    expect(await to('name.invalid', 80)).toMatchObject({ failed: 'dns' })
  })
})

describe.each([['getent'], ['python3'], ['node'], ['bash']])('a name with %s', (tool) => {
  it('resolves or does not', async (test) => {
    test.skip(!found.has(tool), `this machine has no ${tool}`)
    const container = containerWith([tool])
    expect(await resolveFromContainer(container, 'localhost')).toMatchObject({
      addresses: expect.any(Array) as string[],
    })
    expect(await resolveFromContainer(container, 'name.invalid')).toMatchObject({ failed: 'dns' })
  })
})

describe('a container without programs', () => {
  it('cannot be asked, which is unknown and not a failure', async () => {
    expect(await ask(['cat'], '/')).toMatchObject({
      status: 'unknown',
      because: expect.stringContaining('its image has none of') as string,
    })
    expect(await resolveFromContainer(containerWith([]), 'x')).toMatchObject({ status: 'unknown' })
    expect(await connectFromContainer(containerWith([]), { host: 'x', port: 1 }, 1)).toMatchObject({
      status: 'unknown',
    })
  })
})

function ask(tools: string[], to: string | URL, more: Partial<HttpRequest> = {}): Promise<object> {
  const url = typeof to === 'string' ? `http://127.0.0.1:${port}${to}` : to.href
  const base = { method: 'GET', headers: {}, timeoutMs: 1000, isVerified: false }
  return requestFromContainer(containerWith(tools), { ...base, ...more, url })
}

function containerWith(tools: string[]): EnteredContainer {
  return {
    name: 'pod/web',
    pod: object('pod', 'web'),
    namespace: 'shop',
    container: 'main',
    tools: new Set(tools),
    run: (argv, options = {}) =>
      runCommand(argv, { inheritEnv: false, env: { PATH: bin }, timeoutMs: 20_000, ...options }),
  }
}
