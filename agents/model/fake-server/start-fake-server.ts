import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { sleep } from '../../../harness/base/clock.ts'
import { anthropic } from './anthropic.ts'
import { gemini } from './gemini.ts'
import { openaiChat } from './openai-chat.ts'
import { openaiResponses } from './openai-responses.ts'
import type { Protocol } from './protocol.ts'
import { turnOf, type Answer, type Scenario, type SeenRequest } from './scenario.ts'

/** A model server whose model is a script: real HTTP, real streams, four protocols. */
export interface FakeServer extends AsyncDisposable {
  readonly url: string
  /** What was asked for with tools, which is what a script answers. */
  readonly requests: SeenRequest[]
  /** Requests for other things: titles, counts of tokens, lists of models. */
  readonly aside: string[]
}

const protocols: Protocol[] = [openaiChat, openaiResponses, anthropic, gemini]

/** Starts the server on a free port of the loopback. */
export async function startFakeServer(scenario: Scenario): Promise<FakeServer> {
  const requests: SeenRequest[] = []
  const aside: string[] = []
  const server = http.createServer((req, res) => {
    void answer(req, res).catch(() => res.destroy())
  })

  async function answer(req: http.IncomingMessage, res: http.ServerResponse): Promise<void> {
    const { pathname } = new URL(req.url ?? '/', 'http://fake')
    const body = await readBody(req)
    const protocol = protocols.find((one) => one.matches(pathname))
    if (protocol === undefined || req.method !== 'POST') {
      aside.push(`${req.method} ${pathname}`)
      return sendJson(res, pathname.endsWith('/models') ? 200 : 404, { object: 'list', data: [], models: [] })
    }
    const seen: SeenRequest = { protocol: protocol.name, headers: req.headers, body, ...protocol.read(body, pathname) }
    if (seen.tools.length === 0) {
      aside.push(`${protocol.name} without tools`)
      return sendAnswer(res, protocol, { say: 'A repair' }, seen)
    }
    requests.push(seen)
    const turn = turnOf(scenario, seen, requests.length - 1)
    if ('fail' in turn) {
      const { status, headers, body: error } = protocol.failure(turn.fail, turn.retryAfterMs)
      return sendJson(res, status, error, headers)
    }
    if ('stall' in turn) return sendPart(res, protocol.stream({ say: 'Let me look at it' }, seen), 1)
    if (!('drop' in turn)) return sendAnswer(res, protocol, turn, seen)
    if (turn.drop === 'mid-stream') {
      const events = protocol.stream(turn.answer ?? { say: 'Let me look at what is going on in there.' }, seen)
      sendPart(res, events, Math.ceil(events.length / 2))
      await sleep(20)
    }
    res.destroy()
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    aside,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function readBody(req: http.IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8')) as Record<string, unknown>
  } catch {
    return {}
  }
}

function sendJson(res: http.ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  res.writeHead(status, { 'content-type': 'application/json', ...headers })
  res.end(JSON.stringify(body))
}

async function sendAnswer(
  res: http.ServerResponse,
  protocol: Protocol,
  answer: Answer,
  seen: SeenRequest,
): Promise<void> {
  if (!seen.isStream) return sendJson(res, 200, protocol.whole(answer, seen))
  const events = protocol.stream(answer, seen)
  sendPart(res, events, 0)
  for (const event of events) {
    // an answer that comes in one piece would prove nothing about streams
    if (!res.write(event)) await new Promise((resolve) => res.once('drain', resolve))
    await new Promise(setImmediate)
  }
  res.end()
}

/** The head and the first events of a stream. */
function sendPart(res: http.ServerResponse, events: readonly string[], count: number): void {
  res.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' })
  res.flushHeaders()
  for (const event of events.slice(0, count)) res.write(event)
}
