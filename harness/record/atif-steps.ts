import { isDeepStrictEqual } from 'node:util'
import type { AtifObservation, AtifStep, AtifToolCall } from './atif-format.ts'
import type { AgentMessage, RecordedEvent, Usage } from './events.ts'

type Started = Extract<RecordedEvent, { type: 'tool-call-started' }>
type Finished = Extract<RecordedEvent, { type: 'tool-call-finished' }>

/** A step that may still get calls and results. */
interface Draft {
  step: Omit<AtifStep, 'step_id'>
  slots: Slot[]
  /** A call that no message has asked for; the message may be told a moment after its call. */
  isOrphan: boolean
}

interface Slot {
  toolCall: AtifToolCall
  call?: string
  result?: AtifObservation
  requests: number
}

/**
 * The steps of a trajectory from the events of a record: what the agent was told, each answer of its model with the calls
 * it asked for and their results, and calls of agents that do not tell what their model said as steps of their own.
 */
export async function* atifSteps(
  events: AsyncIterable<RecordedEvent>,
  agent: { usesModel: boolean },
): AsyncGenerator<AtifStep> {
  const drafts = new Drafts(agent.usesModel)
  for await (const event of events) {
    drafts.take(event)
    yield* drafts.takeFinished()
  }
  yield* drafts.takeAll()
}

/** The steps not yet handed out, in order. */
class Drafts {
  readonly #usesModel: boolean
  readonly #open: Draft[] = []
  #stepId = 0

  constructor(usesModel: boolean) {
    this.#usesModel = usesModel
  }

  take(event: RecordedEvent): void {
    if (event.type === 'prompt')
      this.#add({
        timestamp: event.at,
        source: event.role,
        message: event.text,
        ...(event.context === undefined ? {} : { extra: { context_management: event.context } }),
      })
    else if (event.type === 'agent-message') this.#takeMessage(event)
    else if (event.type === 'tool-call-started') this.#takeCall(event)
    else if (event.type === 'tool-call-finished') this.#takeResult(event)
    else if (event.type === 'api-request') this.#countRequest(event.call)
    else if (event.type === 'budget' && event.state === 'spent')
      this.#add({
        timestamp: event.at,
        source: 'system',
        message: `The budget is spent: ${event.used} of ${event.limit} (${event.kind}).`,
        extra: { kubemend: { budget: event.kind } },
      })
  }

  /** Steps that nothing can be added to any more. */
  *takeFinished(): Generator<AtifStep> {
    while (this.#open.length > 1 && this.#isFinished(this.#open[0])) yield this.#handOut()
  }

  *takeAll(): Generator<AtifStep> {
    while (this.#open.length > 0) yield this.#handOut()
    if (this.#stepId === 0) yield { step_id: 1, source: 'system', message: 'The agent was never started.' }
  }

  #add(step: Omit<AtifStep, 'step_id'>, slots: Slot[] = [], isOrphan = false): Draft {
    const draft = { step, slots, isOrphan }
    this.#open.push(draft)
    return draft
  }

  #takeMessage(event: AgentMessage & { at: string }): void {
    const slots = (event.toolCalls ?? []).map((asked) => {
      const orphan = this.#open.find((d) => d.isOrphan && fits(d.slots[0]?.toolCall, asked.tool, asked.arguments))
      if (orphan) this.#open.splice(this.#open.indexOf(orphan), 1)
      const toolCall = { tool_call_id: asked.id, function_name: asked.tool, arguments: asked.arguments }
      const [early] = orphan?.slots ?? []
      const answered = early?.result ? { result: { ...early.result, source_call_id: asked.id } } : {}
      return early ? { ...early, toolCall, ...answered } : { toolCall, requests: 0 }
    })
    for (const draft of this.#open) draft.isOrphan = false
    this.#add(
      {
        timestamp: event.at,
        source: 'agent',
        ...given({ model_name: event.model, reasoning_effort: event.effort }),
        message: event.text,
        ...given({ reasoning_content: event.reasoning }),
        ...metricsOf(event.usage, event.costUsd),
        ...(this.#usesModel ? { llm_call_count: 1 } : {}),
        ...(event.durationMs === undefined ? {} : { extra: { kubemend: { duration_ms: event.durationMs } } }),
      },
      slots,
    )
  }

  #takeCall({ at, call, tool, arguments: args }: Started): void {
    const waiting = this.#open.flatMap((draft) => draft.slots).filter((slot) => slot.call === undefined)
    const slot =
      waiting.find((s) => fits(s.toolCall, tool, args)) ?? waiting.find((s) => isName(s.toolCall.function_name, tool))
    if (slot) {
      slot.call = call
      return
    }
    const toolCall = { tool_call_id: call, function_name: tool, arguments: args }
    const counted = this.#usesModel ? {} : { llm_call_count: 0 }
    this.#add(
      { timestamp: at, source: 'agent', message: '', ...counted },
      [{ toolCall, call, requests: 0 }],
      this.#usesModel,
    )
  }

  #takeResult(event: Finished): void {
    const slot = this.#slotOf(event.call)
    if (!slot) return
    slot.result = {
      source_call_id: slot.toolCall.tool_call_id,
      content: event.text,
      extra: {
        kubemend: {
          call: event.call,
          outcome: event.outcome,
          is_error: event.isError,
          duration_ms: event.durationMs,
          ...given({ exit_code: event.exitCode, refused_by: event.refusedBy, argv: event.argv }),
        },
      },
    }
  }

  #countRequest(call: string): void {
    const slot = this.#slotOf(call)
    if (slot) slot.requests++
  }

  #slotOf(call: string): Slot | undefined {
    return this.#open.flatMap((draft) => draft.slots).find((slot) => slot.call === call)
  }

  /** The last step may always get more; of calls without a message a few wait for one. */
  #isFinished(draft: Draft | undefined): boolean {
    if (!draft) return false
    if (draft.slots.some((slot) => slot.call !== undefined && !slot.result)) return false
    if (draft.isOrphan) return this.#open.length > 8
    const isAnswered = draft.slots.every((slot) => slot.call !== undefined)
    return isAnswered || this.#open.slice(1).some((later) => later.step.source === 'agent' && !later.isOrphan)
  }

  #handOut(): AtifStep {
    const { step, slots } = this.#open.shift() ?? { step: { source: 'system', message: '' }, slots: [] }
    const results = slots.flatMap((slot) => (slot.result ? [slot.result] : []))
    const calls = slots.map(({ toolCall, requests }) =>
      requests === 0 ? toolCall : { ...toolCall, extra: { kubemend: { api_requests: requests } } },
    )
    const { metrics, llm_call_count, extra, ...before } = step
    return {
      step_id: ++this.#stepId,
      ...before,
      ...(calls.length > 0 ? { tool_calls: calls } : {}),
      ...(results.length > 0 ? { observation: { results } } : {}),
      ...given({ metrics, llm_call_count, extra }),
    }
  }
}

function fits(toolCall: AtifToolCall | undefined, tool: string, args: Record<string, unknown>): boolean {
  if (!toolCall) return false
  const isSame = isName(toolCall.function_name, tool) || isName(tool, toolCall.function_name)
  return isSame && isDeepStrictEqual(toolCall.arguments, args)
}

/** Clients put the server's name before a tool's: `mcp__kubemend__kubectl`, `kubemend_kubectl`. */
function isName(full: string, tool: string): boolean {
  return full === tool || full.endsWith(`_${tool}`) || full.endsWith(`.${tool}`) || full.endsWith(`-${tool}`)
}

function metricsOf(usage: Usage | undefined, costUsd: number | undefined): Pick<AtifStep, 'metrics'> {
  const metrics = given({
    prompt_tokens: usage?.inputTokens,
    completion_tokens: usage?.outputTokens,
    cached_tokens: usage?.cachedTokens,
    cost_usd: costUsd,
  })
  return Object.keys(metrics).length > 0 ? { metrics } : {}
}

/** The fields that have a value. */
function given<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
