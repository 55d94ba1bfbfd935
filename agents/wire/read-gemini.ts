import { listOf, objectOf, textOf, usageOf, type WireAnswer } from './wire-answer.ts'

/** An answer of Gemini, streamed or whole: parts, which add up over the documents. */
export function readGemini(documents: readonly Record<string, unknown>[]): WireAnswer {
  // what goes through Code Assist is wrapped once more
  const responses = documents.map((document) => objectOf(document['response'] ?? document))
  const parts = responses
    .flatMap((response) => listOf(response['candidates']).slice(0, 1))
    .flatMap((candidate) => listOf(objectOf(candidate['content'])['parts']))
  const texts = (isThought: boolean): string =>
    parts
      .filter((part) => (part['thought'] === true) === isThought)
      .map((part) => textOf(part['text']))
      .join('')
  const usage = objectOf(responses.map((response) => response['usageMetadata']).findLast(Boolean))
  const calls = parts.map((part) => part['functionCall']).filter((call) => call !== undefined)
  const thought = usage['thoughtsTokenCount']
  const said = usage['candidatesTokenCount']
  return {
    model: responses.map((response) => textOf(response['modelVersion'])).find(Boolean),
    text: texts(false),
    reasoning: texts(true),
    toolCalls: calls.map(objectOf).map((call, i) => ({
      id: textOf(call['id']) || `call-${textOf(responses[0]?.['responseId']) || 'gemini'}-${i + 1}`,
      tool: textOf(call['name']),
      arguments: objectOf(call['args']),
    })),
    usage: usageOf({
      inputTokens: usage['promptTokenCount'],
      outputTokens: typeof said === 'number' ? said + (typeof thought === 'number' ? thought : 0) : thought,
      cachedTokens: usage['cachedContentTokenCount'],
    }),
  }
}
