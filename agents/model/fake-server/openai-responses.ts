import { openaiFailure } from './openai-chat.ts'
import { argsOf, event, listOf, pieces, plainText, usageOf, type Protocol } from './protocol.ts'
import { clientName, type Answer, type SeenRequest } from './scenario.ts'

/** OpenAI Responses: the answer is a list of items, each announced, filled and closed. */
export const openaiResponses: Protocol = {
  name: 'openai-responses',
  matches: (path) => path.endsWith('/responses'),
  read: (body) => ({
    model: String(body['model']),
    isStream: body['stream'] === true,
    tools: [body, ...listOf(body['input'])].flatMap((holder) => listOf(holder['tools'])).flatMap(namesOf),
    toolResults: listOf(body['input'])
      .filter((item) => item['type'] === 'function_call_output')
      .map((item) => plainText(item['output'])),
  }),
  stream(answer, request) {
    let sequence = 0
    const send = (type: string, data: object): string => event({ type, sequence_number: sequence++, ...data }, type)
    const items = itemsOf(answer, request)
    return [
      send('response.created', { response: { ...response(answer, request), status: 'in_progress', output: [] } }),
      ...items.flatMap((item, i) => [
        send('response.output_item.added', { output_index: i, item: emptied(item) }),
        ...deltas(item, i, send),
        send('response.output_item.done', { output_index: i, item }),
      ]),
      send(answer.refuses || answer.isCut ? 'response.incomplete' : 'response.completed', {
        response: { ...response(answer, request), output: items },
      }),
    ]
  },
  whole: (answer, request) => ({ ...response(answer, request), output: itemsOf(answer, request) }),
  failure: openaiFailure,
}

/** Codex groups the tools of one MCP server as a namespace. */
function namesOf(tool: Record<string, unknown>): string[] {
  const inner = listOf(tool['tools'])
  if (inner.length === 0) return [String(tool['name'] ?? tool['type'])]
  return inner.map((one) => `${String(tool['name'])}${namespaceMark}${String(one['name'])}`)
}

const namespaceMark = '\u0000_'

type Item = Record<string, unknown> & { type: string }

function itemsOf(answer: Answer, request: SeenRequest): Item[] {
  const id = (prefix: string): string => `${prefix}_${crypto.randomUUID().replaceAll('-', '').slice(0, 20)}`
  const text = (value: string) => ({ type: 'output_text', text: value, annotations: [], logprobs: [] })
  return [
    ...(answer.think === undefined
      ? []
      : [{ type: 'reasoning', id: id('rs'), summary: [{ type: 'summary_text', text: answer.think }] }]),
    ...(answer.say === undefined
      ? []
      : [{ type: 'message', id: id('msg'), status: 'completed', role: 'assistant', content: [text(answer.say)] }]),
    ...(answer.calls ?? []).map((call) => {
      const [namespace, name] = clientName(call.tool, request.tools).split(namespaceMark)
      return {
        type: 'function_call',
        id: id('fc'),
        call_id: id('call'),
        status: 'completed',
        name: name ?? namespace,
        ...(name === undefined ? {} : { namespace }),
        arguments: argsOf(call),
      }
    }),
  ]
}

function emptied(item: Item): Item {
  if (item.type === 'function_call') return { ...item, arguments: '', status: 'in_progress' }
  if (item.type === 'message') return { ...item, content: [], status: 'in_progress' }
  return { ...item, summary: [] }
}

function deltas(item: Item, index: number, send: (type: string, data: object) => string): string[] {
  const at = { item_id: item['id'], output_index: index }
  if (item.type === 'function_call') {
    const args = String(item['arguments'])
    return [
      ...pieces(args).map((delta) => send('response.function_call_arguments.delta', { ...at, delta })),
      send('response.function_call_arguments.done', { ...at, arguments: args }),
    ]
  }
  const isMessage = item.type === 'message'
  const [part] = listOf(isMessage ? item['content'] : item['summary'])
  const text = String(part?.['text'])
  const inPart = { ...at, ...(isMessage ? { content_index: 0 } : { summary_index: 0 }) }
  const [added, delta, done, closed] = isMessage
    ? [
        'response.content_part.added',
        'response.output_text.delta',
        'response.output_text.done',
        'response.content_part.done',
      ]
    : [
        'response.reasoning_summary_part.added',
        'response.reasoning_summary_text.delta',
        'response.reasoning_summary_text.done',
        'response.reasoning_summary_part.done',
      ]
  return [
    send(added, { ...inPart, part: { ...part, text: '' } }),
    ...pieces(text).map((piece) => send(delta, { ...inPart, delta: piece })),
    send(done, { ...inPart, text }),
    send(closed, { ...inPart, part }),
  ]
}

function response(answer: Answer, request: SeenRequest): object {
  const { input, output, cached } = usageOf(answer, request)
  const because = answer.refuses ? 'content_filter' : answer.isCut ? 'max_output_tokens' : undefined
  return {
    id: `resp_${crypto.randomUUID().replaceAll('-', '')}`,
    object: 'response',
    created_at: 1_760_000_000,
    model: request.model,
    status: because === undefined ? 'completed' : 'incomplete',
    incomplete_details: because === undefined ? null : { reason: because },
    error: null,
    instructions: null,
    metadata: {},
    parallel_tool_calls: true,
    temperature: 1,
    tool_choice: 'auto',
    tools: [],
    top_p: 1,
    usage: {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: 0 },
      total_tokens: input + output,
    },
  }
}
