import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import type { RawData, WebSocket } from 'ws'
import { startTimer } from './clock.ts'
import type { CommandResult } from './command.ts'
import { messageOf } from './errors.ts'
import { FirstBytes } from './first-bytes.ts'
import { parseStatus, readAll, type KubeAccess } from './kube-client.ts'

/**
 * Runs a command in a container, through the API server and without a kubectl in between. Without an exit code it did not
 * end or never began, and `stderr` says why.
 */
export async function execInPod(
  access: KubeAccess,
  pod: { namespace: string; name: string; container?: string | undefined },
  argv: readonly string[],
  options: { timeoutMs: number; maxBytes: number; signal?: AbortSignal },
): Promise<CommandResult> {
  const elapsed = startTimer()
  const [stdout, stderr] = [collectFirst(options.maxBytes), collectFirst(options.maxBytes)]
  let said: string | undefined
  const socket = await open(access, pod, argv)
  const ended = new Promise<string | undefined>((resolve) => {
    socket.on('message', (data) => {
      const bytes = toBuffer(data)
      const [channel = -1, rest] = [bytes[0], bytes.subarray(1)]
      if (channel === channels.stdout) stdout.add(rest)
      if (channel === channels.stderr) stderr.add(rest)
      if (channel === channels.status) said = rest.toString('utf8')
    })
    socket.on('unexpected-response', (_, response) => void readRefusal(response).then(resolve))
    socket.on('error', (error) => resolve(messageOf(error)))
    socket.on('close', () => resolve(said === undefined ? 'the connection was closed' : undefined))
  })
  const limit = AbortSignal.timeout(options.timeoutMs)
  const over = options.signal ? AbortSignal.any([options.signal, limit]) : limit
  const interrupted = new Promise<string>((resolve) => {
    const interrupt = (): void => resolve(limit.aborted ? 'it did not end in time' : 'interrupted')
    if (over.aborted) interrupt()
    else over.addEventListener('abort', interrupt, { once: true })
  })
  const failure = await Promise.race([ended, interrupted])
  socket.terminate()
  const { exitCode, because = failure } = failure === undefined ? readStatus(said ?? '') : {}
  return {
    exitCode,
    signal: undefined,
    stdout: stdout.text(),
    stderr: because ?? stderr.text(),
    isTimedOut: exitCode === undefined && limit.aborted,
    isTruncated: stdout.isCut() || stderr.isCut(),
    durationMs: elapsed(),
  }
}

const channels = { stdout: 1, stderr: 2, status: 3 } as const

async function open(
  access: KubeAccess,
  { namespace, name, container }: Parameters<typeof execInPod>[1],
  argv: readonly string[],
): Promise<WebSocket> {
  const url = new URL(`${access.server.replace(/\/$/, '')}/api/v1/namespaces/${namespace}/pods/${name}/exec`)
  const isPlain = url.protocol === 'http:'
  url.protocol = isPlain ? 'ws:' : 'wss:'
  for (const word of argv) url.searchParams.append('command', word)
  if (container !== undefined) url.searchParams.set('container', container)
  for (const stream of ['stdout', 'stderr']) url.searchParams.set(stream, 'true')
  const { WebSocket } = await import('ws')
  return new WebSocket(url, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], {
    ...(access.ca === undefined ? {} : { ca: access.ca }),
    ...(access.cert === undefined ? {} : { cert: access.cert }),
    ...(access.key === undefined ? {} : { key: access.key }),
    ...(access.token === undefined ? {} : { headers: { authorization: `Bearer ${access.token}` } }),
    ...(isPlain || isIP(url.hostname) ? {} : { servername: url.hostname }),
    rejectUnauthorized: !access.isInsecure,
    perMessageDeflate: false,
  })
}

function collectFirst(maxBytes: number) {
  const [first, chunks] = [new FirstBytes(maxBytes), [] as Uint8Array[]]
  return {
    add(chunk: Uint8Array): void {
      const kept = first.take(chunk)
      if (kept.length > 0) chunks.push(kept)
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
    isCut: () => first.isCut,
  }
}

interface ExecStatus {
  status?: string
  reason?: string
  message?: string
  details?: { causes?: { reason?: string; message?: string }[] }
}

/** What the API server says of the end of the command. */
function readStatus(text: string): { exitCode: number | undefined; because?: string } {
  const { status, reason, message, details } = JSON.parse(text) as ExecStatus
  if (status === 'Success') return { exitCode: 0 }
  const code = details?.causes?.find((cause) => cause.reason === 'ExitCode')?.message
  if (reason === 'NonZeroExitCode' && code !== undefined) return { exitCode: Number(code) }
  return { exitCode: undefined, because: message ?? text }
}

/** Why the API server did not begin. */
async function readRefusal(response: IncomingMessage): Promise<string> {
  const body = await readAll(response)
  if (body === '') return `${response.statusCode} ${response.statusMessage}`
  return parseStatus(body).message ?? body
}

function toBuffer(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
