import { argsOf, event, listOf, pieces, plainText, retryHeaders, usageOf, type Protocol } from './protocol.ts'
import { clientName, type Answer, type Failure, type SeenRequest } from './scenario.ts'

/** Anthropic Messages: the answer is a list of content blocks. */
export const anthropic: Protocol = {
  name: 'anthropic',
  matches: (path) => path.endsWith('/messages'),
  read: (body) => ({
    model: String(body['model']),
    isStream: body['stream'] === true,
    tools: listOf(body['tools']).map((tool) => String(tool['name'])),
    toolResults: listOf(body['messages'])
      .flatMap((message) => listOf(message['content']))
      .filter((block) => block['type'] === 'tool_result')
      .map((block) => plainText(block['content'])),
  }),
  stream(answer, request) {
    const send = (type: string, data: object): string => event({ type, ...data }, type)
    const { output_tokens, ...input } = usage(answer, request)
    return [
      send('message_start', {
        message: {
          ...base(request),
          content: [],
          stop_reason: null,
          stop_sequence: null,
          usage: { ...input, output_tokens: 1 },
        },
      }),
      ...blocksOf(answer, request).flatMap((block, index) => [
        send('content_block_start', { index, content_block: block.empty }),
        ...block.deltas.map((delta) => send('content_block_delta', { index, delta })),
        send('content_block_stop', { index }),
      ]),
      send('message_delta', { delta: { stop_reason: stopOf(answer), stop_sequence: null }, usage: { output_tokens } }),
      send('message_stop', {}),
    ]
  },
  whole: (answer, request) => ({
    ...base(request),
    content: blocksOf(answer, request).map((block) => block.full),
    stop_reason: stopOf(answer),
    stop_sequence: null,
    usage: usage(answer, request),
  }),
  failure(failure, retryAfterMs) {
    const { status, type, message } = errors[failure]
    return { status, headers: retryHeaders(retryAfterMs), body: { type: 'error', error: { type, message } } }
  },
}

const errors: Record<Failure, { status: number; type: string; message: string }> = {
  'rate-limit': { status: 429, type: 'rate_limit_error', message: 'This request would exceed your rate limit.' },
  overload: { status: 529, type: 'overloaded_error', message: 'Overloaded' },
  quota: { status: 402, type: 'billing_error', message: 'Your credit balance is too low.' },
  auth: { status: 401, type: 'authentication_error', message: 'invalid x-api-key' },
  'no-model': { status: 404, type: 'not_found_error', message: 'model: not found' },
  'bad-request': { status: 400, type: 'invalid_request_error', message: 'messages: invalid' },
  'too-long': {
    status: 400,
    type: 'invalid_request_error',
    message: 'prompt is too long: 200001 tokens > 200000 maximum',
  },
  broken: { status: 500, type: 'api_error', message: 'Internal server error' },
}

function base(request: SeenRequest): object {
  return { id: `msg_${crypto.randomUUID().slice(0, 12)}`, type: 'message', role: 'assistant', model: request.model }
}

interface Block {
  empty: object
  deltas: object[]
  full: object
}

function blocksOf(answer: Answer, { tools }: SeenRequest): Block[] {
  const blocks: Block[] = []
  if (answer.think !== undefined)
    blocks.push({
      empty: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...pieces(answer.think).map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature: 'c2lnbmVk' },
      ],
      full: { type: 'thinking', thinking: answer.think, signature: 'c2lnbmVk' },
    })
  if (answer.say !== undefined && answer.say !== '')
    blocks.push({
      empty: { type: 'text', text: '' },
      deltas: pieces(answer.say).map((text) => ({ type: 'text_delta', text })),
      full: { type: 'text', text: answer.say },
    })
  for (const call of answer.calls ?? []) {
    const head = {
      type: 'tool_use',
      id: `toolu_${crypto.randomUUID().slice(0, 12)}`,
      name: clientName(call.tool, tools),
    }
    blocks.push({
      empty: { ...head, input: {} },
      deltas: pieces(argsOf(call)).map((partial_json) => ({ type: 'input_json_delta', partial_json })),
      full: { ...head, input: call.args },
    })
  }
  return blocks
}

function stopOf(answer: Answer): string {
  if (answer.refuses) return 'refusal'
  if (answer.isCut) return 'max_tokens'
  return answer.calls === undefined ? 'end_turn' : 'tool_use'
}

function usage(answer: Answer, request: SeenRequest) {
  const { input, output, cached } = usageOf(answer, request)
  return {
    input_tokens: input - cached,
    cache_creation_input_tokens: 0,
    cache_read_input_tokens: cached,
    output_tokens: output,
  }
}
