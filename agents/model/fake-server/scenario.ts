/** What the scripted model does on one request. */
export type Turn =
  | Answer
  /** An error of the provider instead of an answer. */
  | { fail: Failure; retryAfterMs?: number }
  /** The connection ends before the first byte, or in the middle of the answer. */
  | { drop: 'before' | 'mid-stream'; answer?: Answer }
  /** The answer begins and never goes on. */
  | { stall: true }

export interface Answer {
  think?: string
  say?: string
  calls?: ScriptedCall[]
  /** The model refuses on grounds of its content policy. */
  refuses?: true
  /** The answer was cut at the limit of output tokens. */
  isCut?: true
  usage?: ScriptedUsage
}

export interface ScriptedCall {
  /** As the gateway names it; clients put names of their own before it, which the server looks up. */
  tool: string
  args: Record<string, unknown>
  /** Sent in place of the arguments' JSON: what a model sends that cannot write JSON. */
  rawArgs?: string
}

export interface ScriptedUsage {
  /** All input tokens, cached ones included. */
  input: number
  output: number
  cached?: number
}

export const failures = [
  'rate-limit',
  'overload',
  'quota',
  'auth',
  'no-model',
  'bad-request',
  'too-long',
  'broken',
] as const
export type Failure = (typeof failures)[number]

/** One request for an answer, whatever protocol it came in. */
export interface SeenRequest {
  protocol: 'openai-chat' | 'openai-responses' | 'anthropic' | 'gemini'
  model: string
  tools: string[]
  /** The texts of all tool results that it carries, in their order. */
  toolResults: string[]
  isStream: boolean
  headers: Record<string, string | string[] | undefined>
  body: Record<string, unknown>
}

/** A list of turns, played in order and then the last one again, or a function of the how-manyth request it is. */
export type Scenario = readonly Turn[] | ((request: SeenRequest, index: number) => Turn)

/** What the script says to this request. */
export function turnOf(scenario: Scenario, request: SeenRequest, index: number): Turn {
  if (typeof scenario === 'function') return scenario(request, index)
  return scenario[Math.min(index, scenario.length - 1)] ?? { say: '' }
}

/** A call with the name that the client gave the tool: `mcp__cluster__kubectl` for `kubectl`. */
export function clientName(tool: string, offered: readonly string[]): string {
  return (
    offered.find((name) => name === tool) ??
    offered.find((name) => name.endsWith(`_${tool}`) || name.endsWith(`.${tool}`) || name.endsWith(`-${tool}`)) ??
    tool
  )
}
