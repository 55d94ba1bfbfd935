import { APICallError, streamText, type LanguageModel, type ModelMessage, type ToolSet } from 'ai'
import { messageOf } from '../../harness/base/errors.ts'
import type { Usage } from '../../harness/record/events.ts'
import { classifyHttpFailure, classifyStreamError, type ModelFailure } from '../provider-failure.ts'

/** One answer of a model. */
export interface ModelAnswer {
  text: string
  reasoning: string
  calls: AskedCall[]
  /** The provider could not read what the model meant as a call, and dropped it. */
  hasLostCall: boolean
  isCut: boolean
  isRefusal: boolean
  usage: Usage
  model: string | undefined
  durationMs: number
  /** What stands in the conversation for it. */
  messages: ModelMessage[]
}

export interface AskedCall {
  id: string
  tool: string
  arguments: Record<string, unknown>
  /** Why it cannot be made: no such tool, no JSON. */
  invalidBecause?: string
}

export type Asked = { answer: ModelAnswer; failure?: undefined } | { answer?: undefined; failure: ModelFailure }

/** Asks a model once, over a stream. What goes wrong is a value; only the agent's own end is thrown. */
export async function askModel(options: {
  model: LanguageModel
  system: string
  messages: ModelMessage[]
  tools: ToolSet
  effort: string | undefined
  /** How long nothing may come before the answer counts as stalled. */
  stallMs: number
  signal: AbortSignal
}): Promise<Asked> {
  const startedAt = Date.now()
  const stalled = new AbortController()
  const alarm = setTimeout(() => stalled.abort(), options.stallMs)
  let failed: unknown
  try {
    const result = streamText({
      model: options.model,
      instructions: options.system,
      messages: options.messages,
      tools: options.tools,
      maxRetries: 0,
      ...(options.effort === undefined ? {} : { reasoning: options.effort as 'high' }),
      abortSignal: AbortSignal.any([options.signal, stalled.signal]),
      onError: ({ error }) => {
        failed ??= error
      },
    })
    const answer: ModelAnswer = { ...emptyAnswer, calls: [], usage: {} }
    let isComplete = false
    for await (const part of result.fullStream) {
      alarm.refresh()
      if (part.type === 'text-delta') answer.text += part.text
      else if (part.type === 'reasoning-delta') answer.reasoning += part.text
      else if (part.type === 'tool-call') answer.calls.push(readCall(part))
      else if (part.type === 'error') failed ??= part.error
      else if (part.type === 'finish-step') {
        isComplete = part.finishReason !== 'error' || part.rawFinishReason !== undefined
        answer.isCut = part.finishReason === 'length'
        answer.isRefusal = part.finishReason === 'content-filter'
        answer.hasLostCall = part.rawFinishReason === 'MALFORMED_FUNCTION_CALL'
        answer.usage = readUsage(part.usage)
        answer.model = part.response.modelId
      }
    }
    options.signal.throwIfAborted()
    if (stalled.signal.aborted) return { failure: stalledFor(options.stallMs) }
    if (failed !== undefined) return { failure: classify(failed) }
    if (!isComplete) return { failure: { kind: 'connection', message: 'the answer ended before its end' } }
    answer.messages = [...(await result.responseMessages)]
    answer.durationMs = Date.now() - startedAt
    return { answer }
  } catch (error) {
    options.signal.throwIfAborted()
    if (stalled.signal.aborted) return { failure: stalledFor(options.stallMs) }
    return { failure: classify(failed ?? error) }
  } finally {
    clearTimeout(alarm)
  }
}

const emptyAnswer = {
  text: '',
  reasoning: '',
  hasLostCall: false,
  isCut: false,
  isRefusal: false,
  model: undefined,
  durationMs: 0,
  messages: [],
}

function stalledFor(ms: number): ModelFailure {
  return { kind: 'stalled', message: `nothing came for ${Math.round(ms / 1000)} s` }
}

function readCall(part: {
  toolCallId: string
  toolName: string
  input: unknown
  invalid?: boolean | undefined
  error?: unknown
}): AskedCall {
  const isObject = typeof part.input === 'object' && part.input !== null && !Array.isArray(part.input)
  return {
    id: part.toolCallId,
    tool: part.toolName,
    arguments: isObject ? (part.input as Record<string, unknown>) : { input: part.input },
    ...(part.invalid ? { invalidBecause: messageOf(part.error) } : {}),
  }
}

function readUsage(usage: {
  inputTokens: number | undefined
  outputTokens: number | undefined
  inputTokenDetails: { cacheReadTokens: number | undefined; cacheWriteTokens: number | undefined }
}): Usage {
  const { cacheReadTokens, cacheWriteTokens } = usage.inputTokenDetails
  return {
    ...(usage.inputTokens === undefined ? {} : { inputTokens: usage.inputTokens }),
    ...(usage.outputTokens === undefined ? {} : { outputTokens: usage.outputTokens }),
    ...(cacheReadTokens ? { cachedTokens: cacheReadTokens } : {}),
    ...(cacheWriteTokens ? { cacheWriteTokens } : {}),
  }
}

/** What was thrown or streamed as an error, by kind. */
function classify(error: unknown): ModelFailure {
  if (APICallError.isInstance(error)) {
    const { statusCode, responseHeaders = {}, responseBody = '' } = error
    if (statusCode !== undefined && statusCode >= 400)
      return classifyHttpFailure({ status: statusCode, headers: responseHeaders, body: responseBody })
  }
  return classifyStreamError(error) ?? { kind: 'connection', message: messageOf(error) }
}
