import { listOf, objectOf, parseArguments, textOf, usageOf, type WireAnswer } from './wire-answer.ts'

/** An answer of OpenAI Responses, streamed or whole: a list of items, each of which a stream closes by itself. */
export function readOpenaiResponses(documents: readonly Record<string, unknown>[]): WireAnswer {
  const last = objectOf(documents.map((document) => document['response']).findLast(Boolean) ?? documents[0])
  const closed = documents
    .filter((document) => document['type'] === 'response.output_item.done')
    .map((document) => objectOf(document['item']))
  const items = closed.length > 0 ? closed : listOf(last['output'])
  const texts = (type: string, field: string): string =>
    items
      .filter((item) => item['type'] === type)
      .flatMap((item) => listOf(item[field]).map((part) => textOf(part['text'] ?? part['refusal'])))
      .join('')
  const usage = objectOf(last['usage'])
  return {
    model: textOf(last['model']) || undefined,
    text: texts('message', 'content'),
    reasoning: texts('reasoning', 'summary'),
    toolCalls: items
      .filter((item) => item['type'] === 'function_call' || item['type'] === 'custom_tool_call')
      .map((item) => ({
        id: textOf(item['call_id']),
        tool: [item['namespace'], item['name']].filter((part) => typeof part === 'string').join('__'),
        arguments: parseArguments(textOf(item['arguments'] ?? item['input'])),
      })),
    usage: usageOf({
      inputTokens: usage['input_tokens'],
      outputTokens: usage['output_tokens'],
      cachedTokens: objectOf(usage['input_tokens_details'])['cached_tokens'],
    }),
  }
}
