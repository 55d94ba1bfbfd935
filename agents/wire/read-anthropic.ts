import { listOf, objectOf, parseArguments, textOf, usageOf, type WireAnswer } from './wire-answer.ts'

/** An answer of Anthropic Messages, streamed or whole: a list of content blocks. */
export function readAnthropic(documents: readonly Record<string, unknown>[]): WireAnswer {
  const blocks = new Map<number, { block: Record<string, unknown>; text: string; json: string }>()
  let message: Record<string, unknown> = {}
  let usage: Record<string, unknown> = {}
  for (const document of documents) {
    const index = Number(document['index'])
    if (document['type'] === 'message_start') {
      message = objectOf(document['message'])
      usage = objectOf(message['usage'])
    } else if (document['type'] === 'message') {
      message = document
      usage = objectOf(document['usage'])
      for (const [i, block] of listOf(document['content']).entries())
        blocks.set(i, {
          block,
          text: textOf(block['text'] ?? block['thinking']),
          json: JSON.stringify(block['input'] ?? {}),
        })
    } else if (document['type'] === 'message_delta') usage = { ...usage, ...objectOf(document['usage']) }
    else if (document['type'] === 'content_block_start')
      blocks.set(index, { block: objectOf(document['content_block']), text: '', json: '' })
    else if (document['type'] === 'content_block_delta') {
      const open = blocks.get(index)
      const delta = objectOf(document['delta'])
      if (open === undefined) continue
      open.text += textOf(delta['text'] ?? delta['thinking'])
      open.json += textOf(delta['partial_json'])
    }
  }
  const of = (type: string) => [...blocks.values()].filter(({ block }) => block['type'] === type)
  const figure = (name: string): number => Number(usage[name] ?? 0)
  const [read, written] = [figure('cache_read_input_tokens'), figure('cache_creation_input_tokens')]
  return {
    model: textOf(message['model']) || undefined,
    text: of('text')
      .map(({ text }) => text)
      .join(''),
    reasoning: of('thinking')
      .map(({ text }) => text)
      .join(''),
    toolCalls: of('tool_use').map(({ block, json }) => ({
      id: textOf(block['id']),
      tool: textOf(block['name']),
      arguments: parseArguments(json),
    })),
    // Anthropic counts what was cached apart from the input, everybody else as a part of it
    usage: usageOf({
      inputTokens: usage['input_tokens'] === undefined ? undefined : figure('input_tokens') + read + written,
      outputTokens: usage['output_tokens'],
      cachedTokens: usage['cache_read_input_tokens'],
      cacheWriteTokens: usage['cache_creation_input_tokens'],
    }),
  }
}
