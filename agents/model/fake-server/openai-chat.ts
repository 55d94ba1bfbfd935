import {
  argsOf,
  event,
  listOf,
  pieces,
  plainText,
  retryHeaders,
  usageOf,
  type Protocol,
  type ProviderFailure,
} from './protocol.ts'
import { clientName, type Answer, type Failure, type SeenRequest } from './scenario.ts'

/** OpenAI Chat Completions, which Ollama, vLLM, llama.cpp and many others speak. */
export const openaiChat: Protocol = {
  name: 'openai-chat',
  matches: (path) => path.endsWith('/chat/completions'),
  read: (body) => ({
    model: String(body['model']),
    isStream: body['stream'] === true,
    tools: listOf(body['tools']).map((tool) => String((tool['function'] as { name?: string } | undefined)?.name)),
    toolResults: listOf(body['messages'])
      .filter((message) => message['role'] === 'tool')
      .map((message) => plainText(message['content'])),
  }),
  stream(answer, request) {
    const chunk = (delta: object, finish: string | null = null): string =>
      event({ ...base(request, 'chat.completion.chunk'), choices: [{ index: 0, delta, finish_reason: finish }] })
    return [
      chunk({ role: 'assistant', content: '' }),
      ...pieces(answer.think ?? '').map((text) => chunk({ reasoning_content: text })),
      ...pieces(answer.say ?? '').map((text) => chunk({ content: text })),
      ...toolCalls(answer, request).flatMap((call, index) => [
        chunk({ tool_calls: [{ index, ...call, function: { name: call.function.name, arguments: '' } }] }),
        ...pieces(call.function.arguments).map((text) =>
          chunk({ tool_calls: [{ index, function: { arguments: text } }] }),
        ),
      ]),
      chunk({}, finishOf(answer)),
      event({ ...base(request, 'chat.completion.chunk'), choices: [], usage: usage(answer, request) }),
      event('[DONE]'),
    ]
  },
  whole: (answer, request) => ({
    ...base(request, 'chat.completion'),
    choices: [
      {
        index: 0,
        message: {
          role: 'assistant',
          content: answer.say ?? null,
          ...(answer.think === undefined ? {} : { reasoning_content: answer.think }),
          ...(answer.calls === undefined ? {} : { tool_calls: toolCalls(answer, request) }),
        },
        finish_reason: finishOf(answer),
      },
    ],
    usage: usage(answer, request),
  }),
  failure: openaiFailure,
}

/** Both of OpenAI's protocols fail in the same words. */
export function openaiFailure(failure: Failure, retryAfterMs: number | undefined): ProviderFailure {
  const { status, ...error } = errors[failure]
  return { status, headers: retryHeaders(retryAfterMs), body: { error: { param: null, ...error } } }
}

const errors: Record<Failure, { status: number; message: string; type: string; code: string | null }> = {
  'rate-limit': { status: 429, message: 'Rate limit reached.', type: 'requests', code: 'rate_limit_exceeded' },
  overload: { status: 503, message: 'The engine is currently overloaded.', type: 'server_error', code: null },
  quota: { status: 429, message: 'You exceeded your quota.', type: 'insufficient_quota', code: 'insufficient_quota' },
  auth: { status: 401, message: 'Incorrect API key provided.', type: 'invalid_request_error', code: 'invalid_api_key' },
  'no-model': { status: 404, message: 'No such model.', type: 'invalid_request_error', code: 'model_not_found' },
  'bad-request': { status: 400, message: 'Bad request.', type: 'invalid_request_error', code: null },
  'too-long': {
    status: 400,
    message: 'Too many tokens.',
    type: 'invalid_request_error',
    code: 'context_length_exceeded',
  },
  broken: { status: 500, message: 'The server had an error.', type: 'server_error', code: null },
}

function base(request: SeenRequest, object: string): object {
  return { id: 'chatcmpl-1', object, created: 1_760_000_000, model: request.model }
}

function toolCalls({ calls = [] }: Answer, { tools }: SeenRequest) {
  return calls.map((call) => ({
    id: `call_${crypto.randomUUID().slice(0, 12)}`,
    type: 'function',
    function: { name: clientName(call.tool, tools), arguments: argsOf(call) },
  }))
}

function finishOf(answer: Answer): string {
  if (answer.refuses) return 'content_filter'
  if (answer.isCut) return 'length'
  return answer.calls === undefined ? 'stop' : 'tool_calls'
}

function usage(answer: Answer, request: SeenRequest): object {
  const { input, output, cached } = usageOf(answer, request)
  return {
    prompt_tokens: input,
    completion_tokens: output,
    total_tokens: input + output,
    prompt_tokens_details: { cached_tokens: cached },
  }
}
