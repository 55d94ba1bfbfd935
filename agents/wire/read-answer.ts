import { readAnthropic } from './read-anthropic.ts'
import { readGemini } from './read-gemini.ts'
import { readOpenaiChat } from './read-openai-chat.ts'
import { readOpenaiResponses } from './read-openai-responses.ts'
import { documentsOf, type WireAnswer } from './wire-answer.ts'

/** The paths under which providers answer, and how their answers read. Other requests are not answers of a model. */
const protocols: [RegExp, (documents: Record<string, unknown>[]) => WireAnswer][] = [
  [/\/chat\/completions$/, readOpenaiChat],
  [/\/responses$/, readOpenaiResponses],
  [/\/messages$/, readAnthropic],
  [/:(stream)?generateContent$/i, readGemini],
]

/** Whether a request to this path asks a model for an answer. */
export function asksForAnswer(path: string): boolean {
  return protocols.some(([pattern]) => pattern.test(path))
}

/** The answer in the body of a response to this path; undefined where there is none. */
export function readAnswer(path: string, body: string): WireAnswer | undefined {
  const read = protocols.find(([pattern]) => pattern.test(path))?.[1]
  const documents = documentsOf(body)
  return read === undefined || documents.length === 0 ? undefined : read(documents)
}
