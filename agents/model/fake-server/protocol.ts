import type { Answer, Failure, ScriptedCall, SeenRequest } from './scenario.ts'

/** One provider's way to ask for an answer and to give it. */
export interface Protocol {
  readonly name: SeenRequest['protocol']
  matches(path: string): boolean
  read(body: Record<string, unknown>, path: string): Pick<SeenRequest, 'model' | 'tools' | 'toolResults' | 'isStream'>
  /** The answer as server-sent events, each as it goes over the wire. */
  stream(answer: Answer, request: SeenRequest): string[]
  /** The answer as one document. */
  whole(answer: Answer, request: SeenRequest): unknown
  failure(failure: Failure, retryAfterMs: number | undefined): ProviderFailure
}

export interface ProviderFailure {
  status: number
  headers: Record<string, string>
  body: unknown
}

/** A server-sent event. */
export function event(data: unknown, name?: string): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return `${name === undefined ? '' : `event: ${name}\n`}data: ${text}\n\n`
}

/** A text in pieces, so that whoever reads the stream has to put it together again. */
export function pieces(text: string): string[] {
  return text.match(/[\s\S]{1,17}/g) ?? []
}

export function argsOf(call: ScriptedCall): string {
  return call.rawArgs ?? JSON.stringify(call.args)
}

/** Where a provider says no figures, the script makes them up from the sizes, as a tokenizer roughly would. */
export function usageOf(answer: Answer, request: SeenRequest): { input: number; output: number; cached: number } {
  const input = Math.ceil(JSON.stringify(request.body).length / 4)
  const said = `${answer.think ?? ''}${answer.say ?? ''}${(answer.calls ?? []).map(argsOf).join('')}`
  return { input, output: Math.max(1, Math.ceil(said.length / 4)), cached: 0, ...answer.usage }
}

/** Text of a content field, which is a string or a list of parts. */
export function plainText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return JSON.stringify(content ?? '')
  return content.map((part: { text?: unknown }) => (typeof part.text === 'string' ? part.text : '')).join('')
}

export function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : []
}

export function retryHeaders(retryAfterMs: number | undefined): Record<string, string> {
  if (retryAfterMs === undefined) return {}
  return { 'retry-after-ms': String(retryAfterMs), 'retry-after': String(Math.ceil(retryAfterMs / 1000)) }
}
