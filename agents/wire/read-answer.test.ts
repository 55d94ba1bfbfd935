import { expect, it } from 'vitest'
import { anthropic } from '../model/fake-server/anthropic.ts'
import { gemini } from '../model/fake-server/gemini.ts'
import { openaiChat } from '../model/fake-server/openai-chat.ts'
import { openaiResponses } from '../model/fake-server/openai-responses.ts'
import type { Answer, SeenRequest } from '../model/fake-server/scenario.ts'
import { asksForAnswer, readAnswer } from './read-answer.ts'

const answer: Answer = {
  think: 'The replicas are gone; who took them?',
  say: 'I look at the Deployments first, in all namespaces.',
  calls: [
    { tool: 'kubectl', args: { args: 'get deploy -A' } },
    { tool: 'kubectl', args: { args: 'get events -n shop --field-selector "type=Warning"' } },
  ],
  usage: { input: 1200, output: 80, cached: 1000 },
}
const request: SeenRequest = {
  protocol: 'openai-chat',
  model: 'a-model',
  tools: ['mcp__cluster__kubectl'],
  toolResults: [],
  isStream: true,
  headers: {},
  body: {},
}
const paths = {
  'openai-chat': '/v1/chat/completions',
  'openai-responses': '/v1/responses',
  anthropic: '/v1/messages',
  gemini: '/v1beta/models/a-model:streamGenerateContent',
}

it.each(
  [openaiChat, openaiResponses, anthropic, gemini].flatMap((protocol) => [
    { protocol, name: `${protocol.name}, streamed`, body: protocol.stream(answer, request).join('') },
    { protocol, name: `${protocol.name}, whole`, body: JSON.stringify(protocol.whole(answer, request)) },
  ]),
)('reads an answer of $name', ({ protocol, body }) => {
  const read = readAnswer(paths[protocol.name], body)
  expect(read).toMatchObject({
    model: 'a-model',
    text: answer.say,
    reasoning: answer.think,
    toolCalls: answer.calls?.map(({ args }) => ({ tool: 'mcp__cluster__kubectl', arguments: args })),
    usage: { inputTokens: 1200, outputTokens: 80, cachedTokens: 1000 },
  })
  expect(new Set(read?.toolCalls.map(({ id }) => id)).size).toBe(2)
})

it('reads nothing from requests that are not for an answer, nor from half a document', () => {
  expect(asksForAnswer('/v1/messages/count_tokens')).toBe(false)
  expect(readAnswer('/v1/models', '{"data":[]}')).toBeUndefined()
  expect(readAnswer('/v1/messages', '{"type":"mess')).toBeUndefined()
})

it('keeps arguments that are no JSON as what they are', () => {
  const broken = { calls: [{ tool: 'kubectl', args: {}, rawArgs: '{"args": "get' }] }
  const read = readAnswer(paths['openai-chat'], openaiChat.stream(broken, request).join(''))
  expect(read?.toolCalls).toMatchObject([{ arguments: { input: '{"args": "get' } }])
})
