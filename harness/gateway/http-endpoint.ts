import { randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Server } from '@modelcontextprotocol/sdk/server/index.js'
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js'
import { openSession, type SessionHost } from './mcp-session.ts'

export interface HttpEndpoint extends AsyncDisposable {
  readonly url: string
  readonly token: string
}

export interface HttpEndpointOptions {
  host: SessionHost
  maxSessions: number
  maxBodyBytes: number
  onRefused: (because: string) => void
}

interface OpenSession {
  transport: StreamableHTTPServerTransport
  server: Server
  /** Requests under way, streams included. */
  busy: number
}

/** MCP over streamable HTTP for whoever holds the token; on the loopback only, and not for web pages. */
export async function startHttpEndpoint(options: HttpEndpointOptions): Promise<HttpEndpoint> {
  const token = randomBytes(32).toString('base64url')
  const sessions = new Map<string, OpenSession>()
  const server = http.createServer((request, response) => {
    const { port } = server.address() as AddressInfo
    const refusal = refuse(request, port, token)
    if (refusal) {
      options.onRefused(refusal.because)
      return answer(response, refusal.status, refusal.because)
    }
    handle(request, response, sessions, options).catch(() => {
      if (response.headersSent) response.destroy()
      else answer(response, 500, 'the gateway failed')
    })
  })
  server.requestTimeout = 0
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', resolve)
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`,
    token,
    async [Symbol.asyncDispose]() {
      await Promise.all([...sessions.values()].map((session) => session.server.close()))
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The Host check keeps out names that were made to resolve here, the Origin check keeps out web pages. */
function refuse(
  request: http.IncomingMessage,
  port: number,
  token: string,
): { status: number; because: string } | undefined {
  const names = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (!names.includes(request.headers.host ?? '')) return { status: 403, because: 'the Host header names another host' }
  const { origin } = request.headers
  if (origin !== undefined && !names.includes(origin.replace(/^http:\/\//, ''))) {
    return { status: 403, because: 'the Origin is another site' }
  }
  if (new URL(request.url ?? '/', 'http://x').pathname !== '/mcp') return { status: 404, because: 'only /mcp is here' }
  const [, given = ''] = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '') ?? []
  const isRight = given.length === token.length && timingSafeEqual(Buffer.from(given), Buffer.from(token))
  return isRight ? undefined : { status: 401, because: 'the bearer token is missing or wrong' }
}

async function handle(
  request: http.IncomingMessage,
  response: http.ServerResponse,
  sessions: Map<string, OpenSession>,
  options: HttpEndpointOptions,
): Promise<void> {
  const id = request.headers['mcp-session-id']
  const known = typeof id === 'string' ? sessions.get(id) : undefined
  if (id !== undefined && !known) return answer(response, 404, 'there is no such session')
  const session = known ?? (await open(sessions, options))
  if (known && typeof id === 'string') refresh(sessions, id, known)
  session.busy++
  response.once('close', () => {
    session.busy--
    if (session.transport.sessionId === undefined) void session.server.close()
  })
  await session.transport.handleRequest(request, response)
}

async function open(sessions: Map<string, OpenSession>, options: HttpEndpointOptions): Promise<OpenSession> {
  const transport = new StreamableHTTPServerTransport({
    sessionIdGenerator: () => randomUUID(),
    maxRequestBodySize: options.maxBodyBytes,
    onsessioninitialized: (id) => {
      sessions.set(id, session)
      void evict(sessions, options.maxSessions)
    },
    onsessionclosed: (id) => void sessions.delete(id),
  })
  const server = await openSession(options.host, transport, 'http', () => transport.sessionId ?? 'none')
  const session: OpenSession = { transport, server, busy: 0 }
  return session
}

/** Most recently used last. */
function refresh(sessions: Map<string, OpenSession>, id: string, session: OpenSession): void {
  sessions.delete(id)
  sessions.set(id, session)
}

/** Clients that never say goodbye lose their oldest idle sessions. */
async function evict(sessions: Map<string, OpenSession>, maxSessions: number): Promise<void> {
  for (const [id, session] of sessions) {
    if (sessions.size <= maxSessions) return
    if (session.busy > 0) continue
    sessions.delete(id)
    await session.server.close()
  }
}

function answer(response: http.ServerResponse, status: number, message: string): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
  })
  response.end(JSON.stringify({ jsonrpc: '2.0', error: { code: -32000, message }, id: null }))
}
