import { createHash, timingSafeEqual } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { mustRun } from '../../harness/base/command.ts'
import { messageOf } from '../../harness/base/errors.ts'
import { makeScratch } from '../../harness/base/scratch.ts'
import type { AgentExtras } from '../agent.ts'

export interface DoorOptions {
  /** The gateway that callers are led to; they need no token here. */
  mcp: { url: string; token: string }
  /** Where the agent calls. */
  listen: { host: string; port: number }
  /** Where the machine's own user calls. */
  socket: string
  /** The SHA-256 of the key with which a task's solution gets in from where the agent is. */
  keyHash: string | undefined
  runScript: AgentExtras['runScript']
}

export interface Door extends AsyncDisposable {
  port: number
  /** Resolves when somebody says that the agent is done. */
  over: Promise<void>
}

/**
 * Two ways in. Over TCP, for whoever is where the agent is: `/mcp`, and `/script/NAME` for the holder of the key, whose
 * body is a tar archive that becomes /solution. Over a socket, for this machine's own user: `/script` and `/over`.
 */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const over = Promise.withResolvers<void>()
  const outside = serverOf((request, response) => answerOutside(request, response, options))
  const inside = serverOf((request, response) => answerInside(request, response, options, over.resolve))
  await rm(options.socket, { force: true })
  await listen(outside, options.listen)
  await listen(inside, { path: options.socket })
  return {
    port: (outside.address() as AddressInfo).port,
    over: over.promise,
    async [Symbol.asyncDispose]() {
      await Promise.all([close(outside), close(inside)])
      await rm(options.socket, { force: true })
    },
  }
}

type Handler = (request: http.IncomingMessage, response: http.ServerResponse) => Promise<void> | void

async function answerOutside(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  options: DoorOptions,
): Promise<void> {
  const { pathname } = new URL(request.url ?? '/', 'http://door')
  if (pathname === '/mcp') return forward(request, response, options.mcp)
  const name = /^\/script\/([\w.-]+)$/.exec(pathname)?.[1]
  if (name === undefined || request.method !== 'POST') return say(response, 404, 'only /mcp is here')
  if (!isKey(request.headers.authorization, options.keyHash)) return say(response, 403, 'this is not the key')
  const dir = await makeScratch('solution')
  try {
    const solution = path.join(dir, 'solution')
    await mkdir(solution)
    await mustRun(['tar', '--extract', '--no-same-owner', '--directory', solution], { stdin: await bodyOf(request) })
    const ran = await options.runScript({ file: `/solution/${name}`, mounts: { [solution]: '/solution' }, env: {} })
    response.setHeader('x-exit-code', String(ran.exitCode ?? 'none'))
    say(response, ran.exitCode === 0 ? 200 : 422, `${ran.stdout}${ran.stderr}`)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

async function answerInside(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  { runScript }: DoorOptions,
  end: () => void,
): Promise<void> {
  if (request.url === '/over') {
    say(response, 200, 'over')
    return end()
  }
  if (request.url !== '/script') return say(response, 404, 'only /script and /over are here')
  const script = JSON.parse((await bodyOf(request)).toString('utf8')) as Parameters<AgentExtras['runScript']>[0]
  say(response, 200, JSON.stringify(await runScript(script)))
}

/** The gateway wants its own name as the host, and its token. */
function forward(request: http.IncomingMessage, response: http.ServerResponse, mcp: DoorOptions['mcp']): void {
  const { host: _, origin: __, authorization: ___, connection: ____, ...headers } = request.headers
  const upstream = http.request(mcp.url, {
    method: request.method,
    headers: { ...headers, authorization: `Bearer ${mcp.token}` },
  })
  upstream.on('response', (incoming) => {
    response.writeHead(incoming.statusCode ?? 502, incoming.headers)
    incoming.pipe(response)
    incoming.on('error', () => response.destroy())
  })
  upstream.on('error', (error) => {
    if (response.headersSent) response.destroy()
    else say(response, 502, `the gateway does not answer: ${messageOf(error)}`)
  })
  response.on('close', () => upstream.destroy())
  request.pipe(upstream)
}

function isKey(authorization: string | undefined, keyHash: string | undefined): boolean {
  const given = /^Bearer (.+)$/.exec(authorization ?? '')?.[1]
  if (given === undefined || keyHash === undefined) return false
  const [a, b] = [createHash('sha256').update(given).digest(), Buffer.from(keyHash, 'hex')]
  return a.length === b.length && timingSafeEqual(a, b)
}

async function bodyOf(request: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new Error(`expected at most ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

const maxBytes = 64 * 2 ** 20

function serverOf(handle: Handler): http.Server {
  const server = http.createServer((request, response) => {
    Promise.resolve(handle(request, response)).catch((error: unknown) => {
      if (response.headersSent) response.destroy()
      else say(response, 500, messageOf(error))
    })
  })
  server.requestTimeout = 0
  return server
}

function say(response: http.ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
}

function listen(server: http.Server, where: { host: string; port: number } | { path: string }): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(where, resolve)
  })
}

function close(server: http.Server): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  return closed
}
