import { randomBytes, randomUUID } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo } from 'node:net'
import { Transform, type Duplex } from 'node:stream'
import { sleep, startTimer } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { KubeAccess } from '../base/kube-client.ts'
import type { ApiRequest, ConnectionRefused } from '../record/gateway-event.ts'
import { Redactor } from '../record/redact.ts'

/** The right of one tool call to reach the API server, and nothing else. */
export interface Pass {
  /** A kubeconfig without any credential of the cluster. Its server has the same name for every pass, so that caches hold. */
  readonly kubeconfig: string
  /** The same for clients that know nothing of proxies: the pass is part of the server's address. */
  readonly plainKubeconfig: string
  /** Requests from now on belong to this call: for a program that serves one call after the other. */
  nowFor(call: string): void
  /** Ends the right, and returns once every request made with it has been reported. */
  end(): Promise<void>
}

/**
 * The only way from a tool call to the API server: a proxy on the loopback that knows which call a request belongs to,
 * adds the agent's credential (which no other process ever holds) and an Audit-ID of our own, and reports the request.
 */
export interface ApiRelay extends AsyncDisposable {
  readonly redactor: Redactor
  /** Where it listens on the loopback. */
  readonly port: number
  /** Requests go to this API server from now on. */
  connect(access: KubeAccess): void
  /** Breaks what is under way and refuses everything from now on. */
  disconnect(): void
  admit(call: string): Pass
}

export async function startApiRelay(report: (event: ApiRequest | ConnectionRefused) => void): Promise<ApiRelay> {
  const relay = new Relay(report)
  await relay.listen()
  return relay
}

const serverName = 'kubernetes'

/** Headers that are about one connection, and those that would speak for somebody else. */
const droppedHeaders = new Set([
  'audit-id',
  'authorization',
  'connection',
  'host',
  'keep-alive',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

class Relay implements ApiRelay {
  readonly redactor: Redactor = new Redactor({ builtIn: false })
  readonly #report: (event: ApiRequest | ConnectionRefused) => void
  readonly #server: http.Server
  readonly #passes = new Map<string, { call: string }>()
  /** The pass of a connection that came through CONNECT: its requests carry none. */
  readonly #tunnels = new WeakMap<object, string>()
  readonly #sockets = new Set<Duplex>()
  /** Requests not yet reported, by call. */
  readonly #underWay = new Map<string, number>()
  #upstream: { access: KubeAccess; agent: http.Agent; url: URL } | undefined

  constructor(report: (event: ApiRequest | ConnectionRefused) => void) {
    this.#report = report
    this.#server = http.createServer((request, response) => this.#onRequest(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#onUpgrade(request, socket, head))
    this.#server.on('connect', (request, socket, head) => this.#onConnect(request, socket, head))
    this.#server.on('connection', (socket) => this.#track(socket))
    this.#server.requestTimeout = 0
    this.#server.keepAliveTimeout = 60_000
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(0, '127.0.0.1', resolve)
    })
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  connect(access: KubeAccess): void {
    this.#upstream?.agent.destroy()
    const isTls = access.server.startsWith('https:')
    // an idle connection is given up well before the API server does that (90 s)
    const options = { keepAlive: true, timeout: 30_000, maxFreeSockets: 16, scheduling: 'lifo' as const }
    const agent = isTls
      ? new https.Agent({
          ...options,
          ...(access.ca === undefined ? {} : { ca: access.ca }),
          ...(access.cert === undefined ? {} : { cert: access.cert }),
          ...(access.key === undefined ? {} : { key: access.key }),
          rejectUnauthorized: !access.isInsecure,
        })
      : new http.Agent(options)
    if (access.token !== undefined) this.redactor.add({ name: 'token', value: access.token })
    this.#upstream = { access, agent, url: new URL(access.server) }
  }

  disconnect(): void {
    this.#upstream?.agent.destroy()
    this.#upstream = undefined
    this.#passes.clear()
    for (const socket of this.#sockets) socket.destroy()
  }

  admit(call: string): Pass {
    const secret = randomBytes(18).toString('base64url')
    const holder = { call }
    this.#passes.set(secret, holder)
    this.redactor.add({ name: 'pass', value: secret })
    const namespace = this.#upstream?.access.namespace
    const address = `127.0.0.1:${this.port}`
    return {
      kubeconfig: kubeconfigFor(`http://${serverName}`, namespace, `http://pass:${secret}@${address}`),
      plainKubeconfig: kubeconfigFor(`http://${address}/${secret}`, namespace),
      nowFor: (next) => {
        holder.call = next
      },
      end: () => {
        this.#passes.delete(secret)
        return this.#settled(holder.call)
      },
    }
  }

  /** Connections of a program that ended are closed a moment after it. */
  async #settled(call: string): Promise<void> {
    for (let waitedMs = 0; (this.#underWay.get(call) ?? 0) > 0 && waitedMs < 500; waitedMs += 5) await sleep(5)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disconnect()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #onRequest(request: http.IncomingMessage, response: http.ServerResponse): void {
    const target = this.#identify(request)
    if (target) this.#forward(request, response, target)
    else answerStatus(response, 403, 'this address serves the tool calls of one trial only')
  }

  #forward(request: http.IncomingMessage, response: http.ServerResponse, target: Target): void {
    const exchange = this.#open(request, target)
    if (!exchange) return answerStatus(response, 503, 'the cluster is not there')
    const { outgoing, done, forget } = exchange
    const counted: ExchangeEnd = { up: 0, down: 0 }
    outgoing.on('response', (incoming) => {
      counted.status = incoming.statusCode ?? 0
      incoming.on('data', (chunk: Buffer) => (counted.down += chunk.length))
      incoming.on('close', () => done(counted))
      incoming.on('error', () => response.destroy())
      response.writeHead(incoming.statusCode ?? 502, endToEnd(incoming.headersDistinct))
      response.flushHeaders()
      if (isTokenRequest(request.method, target.path)) incoming.pipe(withholdTokens()).pipe(response)
      else incoming.pipe(response)
    })
    const isBodiless = request.method === 'GET' || request.method === 'HEAD'
    outgoing.on('error', (error) => {
      if (isBodiless && outgoing.reusedSocket && !response.headersSent && !response.destroyed) {
        forget()
        return this.#forward(request, response, target)
      }
      done({ ...counted, error: messageOf(error) })
      if (response.headersSent) response.destroy()
      else answerStatus(response, 502, `no answer from the API server: ${messageOf(error)}`)
    })
    response.on('close', () => {
      if (!response.writableFinished) outgoing.destroy(new Error('the client went away'))
    })
    if (isBodiless) {
      request.resume()
      outgoing.end()
    } else {
      request.on('data', (chunk: Buffer) => (counted.up += chunk.length))
      request.pipe(outgoing)
    }
  }

  /** exec, attach: after the handshake the connection is the container's own stream, passed on as it is. */
  #onUpgrade(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const target = this.#identify(request)
    const exchange = target && this.#open(request, target, { connection: 'Upgrade', upgrade: request.headers.upgrade })
    if (!exchange) {
      socket.end(`HTTP/1.1 ${target ? 503 : 403} Refused\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`)
      return
    }
    const { outgoing, done } = exchange
    outgoing.on('upgrade', (incoming, upstream, upstreamHead) => {
      this.#track(upstream)
      const counted = { up: head.length, down: upstreamHead.length }
      socket.write(rawHead(incoming))
      if (upstreamHead.length > 0) socket.write(upstreamHead)
      if (head.length > 0) upstream.write(head)
      socket.on('data', (chunk: Buffer) => (counted.up += chunk.length))
      upstream.on('data', (chunk: Buffer) => (counted.down += chunk.length))
      upstream.on('error', () => socket.destroy())
      upstream.on('close', () => {
        done({ status: incoming.statusCode ?? 101, ...counted })
        socket.destroy()
      })
      socket.on('close', () => upstream.destroy())
      socket.pipe(upstream).pipe(socket)
    })
    outgoing.on('response', (incoming) => {
      socket.write(rawHead(incoming, 'close'))
      incoming.pipe(socket)
      incoming.on('close', () => done({ status: incoming.statusCode ?? 0, up: 0, down: 0 }))
    })
    outgoing.on('error', (error) => {
      done({ up: 0, down: 0, error: messageOf(error) })
      socket.destroy()
    })
    outgoing.end()
  }

  /** client-go tunnels websockets through its proxy; the tunnel leads back to this very server. */
  #onConnect(request: http.IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const secret = passOf(request)
    const isOurs = request.url?.split(':')[0] === serverName && this.#passes.has(secret ?? '')
    if (secret === undefined || !isOurs) {
      this.#refuse(`CONNECT ${request.url ?? ''}`)
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    this.#tunnels.set(socket, secret)
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    if (head.length > 0) socket.unshift(head)
    this.#server.emit('connection', socket)
  }

  #identify(request: http.IncomingMessage): Target | undefined {
    const found = this.#findPass(request)
    const call = found && this.#passes.get(found.secret)?.call
    if (found && call !== undefined) return { call, path: found.path }
    this.#refuse(`${request.method ?? ''} ${(request.url ?? '').split('?')[0]}`)
    return undefined
  }

  #findPass(request: http.IncomingMessage): { secret: string; path: string } | undefined {
    const url = request.url ?? ''
    const tunnelled = this.#tunnels.get(request.socket)
    if (tunnelled !== undefined) return { secret: tunnelled, path: url }
    if (url.startsWith(`http://${serverName}/`)) {
      const secret = passOf(request)
      return secret === undefined ? undefined : { secret, path: url.slice(`http://${serverName}`.length) }
    }
    const [, secret, path] = /^\/([\w-]{24})(\/.*)$/.exec(url) ?? []
    return secret === undefined || path === undefined ? undefined : { secret, path }
  }

  #refuse(what: string): void {
    this.#report({ type: 'connection-refused', at: 'relay', because: this.redactor.text(what).slice(0, 300) })
  }

  #open(
    request: http.IncomingMessage,
    { call, path }: Target,
    extra: http.OutgoingHttpHeaders = {},
  ): Exchange | undefined {
    const upstream = this.#upstream
    if (!upstream) return undefined
    const auditId = randomUUID()
    const headers: http.OutgoingHttpHeaders = { ...endToEnd(request.headersDistinct), ...extra, 'audit-id': auditId }
    headers['host'] = upstream.url.host
    if (upstream.access.token !== undefined) headers['authorization'] = `Bearer ${upstream.access.token}`
    if (isTokenRequest(request.method, path)) headers['accept-encoding'] = 'identity'
    const elapsed = startTimer()
    const send = upstream.url.protocol === 'https:' ? https.request : http.request
    const outgoing = send({
      agent: upstream.agent,
      host: upstream.url.hostname.replace(/^\[|\]$/g, ''),
      port: upstream.url.port || (upstream.url.protocol === 'https:' ? 443 : 80),
      method: request.method ?? 'GET',
      path: upstream.url.pathname.replace(/\/$/, '') + path,
      headers,
    })
    outgoing.setNoDelay(true)
    this.#underWay.set(call, (this.#underWay.get(call) ?? 0) + 1)
    let isOver = false
    const forget = (): void => {
      if (isOver) return
      isOver = true
      const left = (this.#underWay.get(call) ?? 1) - 1
      if (left > 0) this.#underWay.set(call, left)
      else this.#underWay.delete(call)
    }
    const done = (end: ExchangeEnd): void => {
      if (isOver) return
      forget()
      this.#report({
        type: 'api-request',
        call,
        auditId,
        method: request.method ?? 'GET',
        path,
        ...(end.status === undefined ? {} : { status: end.status }),
        isUpgrade: extra['upgrade'] !== undefined,
        durationMs: Math.round(elapsed() * 10) / 10,
        requestBytes: end.up,
        responseBytes: end.down,
        ...(end.error === undefined ? {} : { error: end.error }),
      })
    }
    return { outgoing, done, forget }
  }

  #track(socket: Duplex): void {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
  }
}

interface Target {
  call: string
  path: string
}

interface Exchange {
  outgoing: http.ClientRequest
  /** Reports the request, once. */
  done: (end: ExchangeEnd) => void
  /** Leaves it unreported: it is made again. */
  forget: () => void
}

interface ExchangeEnd {
  status?: number
  up: number
  down: number
  error?: string
}

function passOf(request: http.IncomingMessage): string | undefined {
  const [, encoded] = /^Basic (.+)$/.exec(request.headers['proxy-authorization'] ?? '') ?? []
  return encoded === undefined
    ? undefined
    : Buffer.from(encoded, 'base64')
        .toString('utf8')
        .replace(/^pass:/, '')
}

function endToEnd(headers: NodeJS.Dict<string[]>): http.OutgoingHttpHeaders {
  const kept: http.OutgoingHttpHeaders = {}
  for (const [name, values = []] of Object.entries(headers)) {
    if (droppedHeaders.has(name) || name.startsWith('impersonate-') || name.startsWith('x-remote-')) continue
    kept[name] = values.length === 1 ? values[0] : values
  }
  return kept
}

function rawHead(message: http.IncomingMessage, connection?: 'close'): string {
  const lines = [`HTTP/1.1 ${message.statusCode ?? 502} ${message.statusMessage ?? ''}`]
  for (let i = 0; i < message.rawHeaders.length; i += 2) {
    const name = message.rawHeaders[i]!
    if (connection === undefined || !['connection', 'transfer-encoding'].includes(name.toLowerCase())) {
      lines.push(`${name}: ${message.rawHeaders[i + 1]}`)
    }
  }
  if (connection) lines.push(`Connection: ${connection}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** In whatever way the API server would understand its path. */
function isTokenRequest(method: string | undefined, path: string): boolean {
  const plain = path.replaceAll(/%([\da-f]{2})/gi, (_, hex: string) => String.fromCodePoint(Number.parseInt(hex, 16)))
  return method === 'POST' && /\/serviceaccounts\/+[^/]+\/+token\/*(\?|$)/.test(plain)
}

/**
 * A token that the agent had made for a ServiceAccount would outlive its own: nobody gets it. What stands in its place is
 * as long, so that the answer is well-formed in JSON and in protobuf alike.
 */
function withholdTokens(): Transform {
  const chunks: Buffer[] = []
  return new Transform({
    transform(chunk: Buffer, _, done) {
      chunks.push(chunk)
      done()
    },
    flush(done) {
      const text = Buffer.concat(chunks).toString('latin1')
      const without = text.replaceAll(/eyJ[\w-]+\.[\w-]+\.[\w-]*/g, ({ length }) =>
        '[withheld by the gateway]'.padEnd(length, '.').slice(0, length),
      )
      done(null, Buffer.from(without, 'latin1'))
    },
  })
}

function answerStatus(response: http.ServerResponse, code: number, message: string): void {
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, code }))
}

function kubeconfigFor(server: string, namespace: string | undefined, proxy?: string): string {
  const cluster = { server, ...(proxy === undefined ? {} : { 'proxy-url': proxy }) }
  const context = { cluster: serverName, user: 'you', ...(namespace === undefined ? {} : { namespace }) }
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: serverName, cluster }],
    users: [{ name: 'you', user: {} }],
    contexts: [{ name: serverName, context }],
    'current-context': serverName,
  })
}
