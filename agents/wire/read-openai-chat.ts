import { listOf, objectOf, parseArguments, textOf, usageOf, type WireAnswer } from './wire-answer.ts'

/** An answer of OpenAI Chat Completions, streamed or whole. */
export function readOpenaiChat(documents: readonly Record<string, unknown>[]): WireAnswer {
  const calls = new Map<number, { id: string; name: string; args: string }>()
  let [text, reasoning] = ['', '']
  let usage: Record<string, unknown> = {}
  for (const document of documents) {
    usage = { ...usage, ...objectOf(document['usage']) }
    for (const choice of listOf(document['choices'])) {
      const delta = objectOf(choice['delta'] ?? choice['message'])
      text += textOf(delta['content'])
      reasoning += textOf(delta['reasoning_content'] ?? delta['reasoning'])
      for (const [i, part] of listOf(delta['tool_calls']).entries()) {
        const index = typeof part['index'] === 'number' ? part['index'] : i
        const call = calls.get(index) ?? { id: '', name: '', args: '' }
        const { name, arguments: args } = objectOf(part['function'])
        calls.set(index, {
          id: textOf(part['id']) || call.id,
          name: textOf(name) || call.name,
          args: call.args + textOf(args),
        })
      }
    }
  }
  return {
    model: documents.map((document) => textOf(document['model'])).find(Boolean),
    text,
    reasoning,
    toolCalls: [...calls.values()].map(({ id, name, args }) => ({ id, tool: name, arguments: parseArguments(args) })),
    usage: usageOf({
      inputTokens: usage['prompt_tokens'],
      outputTokens: usage['completion_tokens'],
      cachedTokens: objectOf(usage['prompt_tokens_details'])['cached_tokens'],
    }),
  }
}
