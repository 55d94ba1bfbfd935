import { randomBytes } from 'node:crypto'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { messageOf } from '../../harness/base/errors.ts'
import { classifyHttpFailure, type ModelFailure } from '../provider-failure.ts'
import { asksForAnswer, readAnswer } from '../wire/read-answer.ts'
import { readRequest, type WireRequest } from '../wire/read-request.ts'
import type { WireAnswer } from '../wire/wire-answer.ts'

/** The way of a confined program to its model's API and to nothing else. */
export interface ModelRelay extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** What the program is given as its key; the real one never gets to it. */
  readonly key: string
  /** What the provider last failed with, unless it has answered since. */
  readonly failure: ModelFailure | undefined
  /** Answers of the model so far. */
  readonly answers: number
}

/**
 * Passes requests on to one provider, with the real key in place of the one that the program holds, and reads along: what
 * the model is told, what it answers, what that takes. What the provider says of itself is seen here, at its source.
 */
export async function startModelRelay(options: {
  /** Where the provider's API begins: `https://api.openai.com/v1`. */
  baseUrl: string
  /** What stands for that in the program's own addresses: `/v1`. */
  prefix: string
  apiKey: string
  onRequest: (request: WireRequest) => void
  onAnswer: (answer: WireAnswer & { durationMs: number }) => void
}): Promise<ModelRelay> {
  const key = `kubemend-${randomBytes(18).toString('hex')}`
  let failure: ModelFailure | undefined
  let answers = 0
  const underWay = new Set<Promise<void>>()
  const server = http.createServer((req, res) => {
    const gone = new AbortController()
    const passing = pass(req, res, gone)
      .catch((error: unknown) => {
        if (gone.signal.aborted) return
        failure = { kind: 'connection', message: messageOf(error) }
        if (res.headersSent) res.destroy()
        else res.writeHead(502, { 'content-type': 'application/json' }).end('{"error":{"message":"no connection"}}')
      })
      .finally(() => underWay.delete(passing))
    underWay.add(passing)
  })

  async function pass(req: http.IncomingMessage, res: http.ServerResponse, gone: AbortController): Promise<void> {
    const url = new URL(req.url ?? '/', 'http://relay')
    const headers = passedHeaders(req.headers, key, options.apiKey)
    const fromQuery = url.searchParams.get('key') === key
    if (fromQuery) url.searchParams.set('key', options.apiKey)
    if (headers === undefined && !fromQuery) {
      res.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"not your relay"}}')
      return
    }
    const body = await readAll(req)
    const isQuestion = req.method === 'POST' && asksForAnswer(url.pathname)
    if (isQuestion) {
      const request = readRequest(body.toString('utf8'))
      if (request) options.onRequest(request)
    }
    const startedAt = Date.now()
    let isAnswering = false
    // a program often ends, or is ended, within its model's last answer: that was given and belongs to the record
    res.on('close', () => {
      if (isAnswering) setTimeout(() => gone.abort(), longestLastAnswerMs).unref()
      else gone.abort()
    })
    const path = url.pathname.startsWith(options.prefix) ? url.pathname.slice(options.prefix.length) : url.pathname
    const response = await fetch(`${options.baseUrl}${path}${url.search}`, {
      method: req.method ?? 'GET',
      headers: headers ?? plainHeaders(req.headers),
      redirect: 'manual',
      signal: gone.signal,
      ...(body.length === 0 ? {} : { body }),
    })
    isAnswering = true
    res.writeHead(response.status, answeredHeaders(response.headers))
    const text = await forward(response, res)
    if (!isQuestion) return
    if (response.status >= 400) {
      const { status } = response
      failure = classifyHttpFailure({ status, headers: Object.fromEntries(response.headers), body: text })
      return
    }
    failure = undefined
    const answer = readAnswer(url.pathname, text)
    if (answer === undefined) return
    answers++
    options.onAnswer({ ...answer, durationMs: Date.now() - startedAt })
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    port,
    url: `http://127.0.0.1:${port}${options.prefix}`,
    key,
    get failure() {
      return failure
    },
    get answers() {
      return answers
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await Promise.all(underWay)
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** How long an answer is read on for when the program is gone. */
const longestLastAnswerMs = 5_000

const maxBytes = 64 * 2 ** 20

async function readAll(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    size += (chunk as Buffer).length
    if (size > maxBytes) throw new Error('the request is too large')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks)
}

/** Gives the response on as it comes, and answers its text. */
async function forward(response: Response, res: http.ServerResponse): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of response.body ?? []) {
    if (!res.destroyed && !res.write(chunk))
      await new Promise((resolve) => res.once('drain', resolve).once('close', resolve))
    if (text.length < maxBytes) text += decoder.decode(chunk as Uint8Array, { stream: true })
  }
  res.end()
  return text
}

/** The headers with the real key where the program put the one it was given; undefined where it did not. */
function passedHeaders(
  headers: http.IncomingHttpHeaders,
  key: string,
  apiKey: string,
): Record<string, string> | undefined {
  const plain = plainHeaders(headers)
  if (!Object.values(plain).some((value) => value.includes(key))) return undefined
  return Object.fromEntries(Object.entries(plain).map(([name, value]) => [name, value.replaceAll(key, apiKey)]))
}

function plainHeaders(headers: http.IncomingHttpHeaders): Record<string, string> {
  const dropped = new Set(['host', 'connection', 'content-length', 'transfer-encoding', 'accept-encoding', 'expect'])
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined || dropped.has(name) ? [] : [[name, [value].flat().join(', ')]],
    ),
  )
}

function answeredHeaders(headers: Headers): Record<string, string> {
  const dropped = new Set(['connection', 'content-length', 'content-encoding', 'transfer-encoding', 'keep-alive'])
  return Object.fromEntries([...headers].filter(([name]) => !dropped.has(name)))
}
