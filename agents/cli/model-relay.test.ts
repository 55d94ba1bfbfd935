import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it } from 'vitest'
import { sleep } from '../../harness/base/clock.ts'
import { startModelRelay, type ModelRelay } from './model-relay.ts'

let provider: http.Server | undefined
afterEach(() => {
  provider?.closeAllConnections()
  provider?.close()
})

const events = [
  { choices: [{ index: 0, delta: { content: 'First this,' } }] },
  { choices: [{ index: 0, delta: { content: ' then that.' }, finish_reason: 'stop' }] },
  { choices: [], usage: { prompt_tokens: 70, completion_tokens: 7 } },
]

/** A provider that takes its time between two words, and perhaps falls silent after the first. */
async function provide(lastWord: 'comes' | 'never comes'): Promise<string> {
  provider = http.createServer(async (_, res) => {
    res.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const event of events) {
      res.write(`data: ${JSON.stringify(event)}\n\n`)
      if (lastWord === 'never comes') return
      await sleep(200)
    }
    res.end('data: [DONE]\n\n')
  })
  await new Promise<void>((resolve) => provider!.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(provider.address() as AddressInfo).port}/v1`
}

/** Asks through a relay, and is gone after the first word. */
async function leaveWithin(relay: ModelRelay): Promise<void> {
  const leaving = new AbortController()
  const response = await fetch(`${relay.url}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${relay.key}` },
    body: JSON.stringify({ model: 'any', stream: true, messages: [{ role: 'user', content: 'Go on.' }] }),
    signal: leaving.signal,
  })
  await response.body!.getReader().read()
  leaving.abort()
}

it('an answer is read to its end and counted, also when the program that asked is gone', async () => {
  const answers: unknown[] = []
  const relay = await startModelRelay({
    baseUrl: await provide('comes'),
    prefix: '/v1',
    apiKey: 'real',
    onRequest: () => undefined,
    onAnswer: ({ text, usage }) => answers.push({ text, ...usage }),
  })
  await leaveWithin(relay)
  await relay[Symbol.asyncDispose]()
  expect(answers).toEqual([{ text: 'First this, then that.', inputTokens: 70, outputTokens: 7 }])
})

it('a provider that falls silent holds nobody up, and is not blamed for a program that has left', async () => {
  const relay = await startModelRelay({
    baseUrl: await provide('never comes'),
    prefix: '/v1',
    apiKey: 'real',
    onRequest: () => undefined,
    onAnswer: () => undefined,
  })
  await leaveWithin(relay)
  await relay[Symbol.asyncDispose]()
  expect([relay.answers, relay.failure]).toEqual([0, undefined])
})
