import { event, listOf, pieces, usageOf, type Protocol } from './protocol.ts'
import { clientName, type Answer, type Failure, type SeenRequest } from './scenario.ts'

/** Gemini's generateContent: the answer is a list of parts, and every event is a whole response with some of them. */
export const gemini: Protocol = {
  name: 'gemini',
  matches: (path) => /:(stream)?generateContent$/i.test(path),
  read: (body, path) => ({
    model: /models\/([^:/]+):/.exec(path)?.[1] ?? '',
    isStream: path.includes(':stream'),
    tools: listOf(body['tools']).flatMap((tool) =>
      listOf(tool['functionDeclarations']).map((declared) => String(declared['name'])),
    ),
    toolResults: listOf(body['contents'])
      .flatMap((content) => listOf(content['parts']))
      .flatMap((part) => (part['functionResponse'] === undefined ? [] : [JSON.stringify(part['functionResponse'])])),
  }),
  stream(answer, request) {
    const parts = partsOf(answer, request)
    return [
      ...parts.map((part) => event({ candidates: [candidate([part])], modelVersion: request.model })),
      event(last(answer, request, [])),
    ]
  },
  whole: (answer, request) => last(answer, request, partsOf(answer, request)),
  failure(failure, retryAfterMs) {
    const { code, status, message, details = [] } = errors[failure]
    const retry =
      retryAfterMs === undefined
        ? []
        : [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay: `${retryAfterMs / 1000}s` }]
    return { status: code, headers: {}, body: { error: { code, message, status, details: [...details, ...retry] } } }
  },
}

const errors: Record<Failure, { code: number; status: string; message: string; details?: object[] }> = {
  'rate-limit': { code: 429, status: 'RESOURCE_EXHAUSTED', message: 'Too many requests.' },
  overload: { code: 503, status: 'UNAVAILABLE', message: 'The model is overloaded. Please try again later.' },
  quota: {
    code: 429,
    status: 'RESOURCE_EXHAUSTED',
    message: 'You exceeded your current quota.',
    details: [
      {
        '@type': 'type.googleapis.com/google.rpc.QuotaFailure',
        violations: [{ quotaId: 'GenerateRequestsPerDayPerProjectPerModel' }],
      },
    ],
  },
  auth: { code: 401, status: 'UNAUTHENTICATED', message: 'API key not valid.' },
  'no-model': { code: 404, status: 'NOT_FOUND', message: 'models/x is not found for API version v1beta.' },
  'bad-request': { code: 400, status: 'INVALID_ARGUMENT', message: 'Request contains an invalid argument.' },
  'too-long': {
    code: 400,
    status: 'INVALID_ARGUMENT',
    message: 'The input token count (1048577) exceeds the maximum number of tokens allowed (1048576).',
  },
  broken: { code: 500, status: 'INTERNAL', message: 'An internal error has occurred.' },
}

function partsOf(answer: Answer, { tools }: SeenRequest): object[] {
  return [
    ...pieces(answer.think ?? '').map((text) => ({ text, thought: true })),
    ...pieces(answer.say ?? '').map((text) => ({ text })),
    // Gemini gives arguments as an object: what cannot be read as one never reaches the client as a call
    ...(answer.calls ?? [])
      .filter((call) => call.rawArgs === undefined)
      .map((call) => ({
        functionCall: { name: clientName(call.tool, tools), args: call.args },
        thoughtSignature: 'c2lnbmVk',
      })),
  ]
}

function candidate(parts: object[], finishReason?: string): object {
  return { content: { role: 'model', parts }, index: 0, ...(finishReason === undefined ? {} : { finishReason }) }
}

function last(answer: Answer, request: SeenRequest, parts: object[]): object {
  const { input, output, cached } = usageOf(answer, request)
  return {
    candidates: [candidate(parts.length > 0 ? parts : [{ text: '' }], finishOf(answer))],
    usageMetadata: {
      promptTokenCount: input,
      candidatesTokenCount: output,
      totalTokenCount: input + output,
      ...(cached === 0 ? {} : { cachedContentTokenCount: cached }),
    },
    modelVersion: request.model,
    responseId: 'response-1',
  }
}

function finishOf(answer: Answer): string {
  if (answer.refuses) return 'SAFETY'
  if (answer.isCut) return 'MAX_TOKENS'
  return answer.calls?.some((call) => call.rawArgs !== undefined) ? 'MALFORMED_FUNCTION_CALL' : 'STOP'
}
