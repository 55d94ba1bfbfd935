import type { Usage } from '../../harness/record/events.ts'

/** One answer of a model as it went over the wire. */
export interface WireAnswer {
  model: string | undefined
  text: string
  reasoning: string
  toolCalls: { id: string; tool: string; arguments: Record<string, unknown> }[]
  usage: Usage
}

/** The documents of a response: its server-sent events, or the one document that it is. */
export function documentsOf(body: string): Record<string, unknown>[] {
  const isStream = /^(event|data|id|:)/m.test(body.slice(0, 200)) && !body.trimStart().startsWith('{')
  if (!isStream) return [parseLine(body)].flat().filter((document) => document !== undefined)
  return body
    .split(/\r?\n\r?\n/)
    .map((block) =>
      block
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice('data:'.length).trim())
        .join('\n'),
    )
    .map(parseLine)
    .filter((document) => document !== undefined)
}

/** Arguments as the model wrote them; what is no JSON object is kept as what it is. */
export function parseArguments(text: string): Record<string, unknown> {
  const parsed = parseLine(text === '' ? '{}' : text)
  return parsed ?? { input: text }
}

export function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
}

export function listOf(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : []
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

/** The figures that a provider gave; what it did not give is missing. */
export function usageOf(figures: { [K in keyof Usage]: unknown }): Usage {
  return Object.fromEntries(Object.entries(figures).filter(([, value]) => typeof value === 'number')) as Usage
}

/** A JSON object in a text; undefined where there is none. */
export function parseLine(text: string): Record<string, unknown> | undefined {
  try {
    const parsed = JSON.parse(text) as unknown
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
