import { startTimer } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'
import type { Tool, ToolCall, ToolResult } from './define-tool.ts'
import type { GatewayLimits } from './limits.ts'

/** Where a call comes from. */
export interface CallSource extends Omit<ToolCall, 'id'> {
  session: string
}

/** Where every tool call of a trial passes: numbered, recorded, within the limits, and only while the trial is on. */
export interface CallDesk {
  readonly phase: 'preparing' | 'open' | 'over'
  /** Calls taken so far. */
  readonly calls: number
  open(): void
  /** Ends what runs and answers everything from now on with this sentence. */
  end(because: string, exceptCall?: string): void
  serve(tool: Tool, args: Record<string, unknown>, from: CallSource): Promise<ToolResult>
  /** Resolves once no call is under way. */
  idle(): Promise<void>
}

export function createCallDesk(
  limits: GatewayLimits,
  record: (event: GatewayEvent) => void,
  prefix = 'call-',
): CallDesk {
  return new Desk(limits, record, prefix)
}

class Desk implements CallDesk {
  phase: CallDesk['phase'] = 'preparing'
  calls = 0
  readonly #prefix: string
  readonly #limits: GatewayLimits
  readonly #record: (event: GatewayEvent) => void
  readonly #opened = Promise.withResolvers<void>()
  readonly #running = new Map<string, AbortController>()
  readonly #waiting: (() => void)[] = []
  #places: number
  #overBecause = ''
  #onIdle: (() => void)[] = []

  constructor(limits: GatewayLimits, record: (event: GatewayEvent) => void, prefix: string) {
    this.#prefix = prefix
    this.#limits = limits
    this.#record = record
    this.#places = limits.concurrentCalls
  }

  open(): void {
    if (this.phase !== 'preparing') return
    this.phase = 'open'
    this.#opened.resolve()
  }

  end(because: string, exceptCall?: string): void {
    if (this.phase === 'over') return
    this.phase = 'over'
    this.#overBecause = because
    this.#opened.resolve()
    for (const [call, controller] of this.#running) if (call !== exceptCall) controller.abort(new Error(because))
    this.#record({ type: 'gateway-ended', because })
  }

  async serve(tool: Tool, args: Record<string, unknown>, from: CallSource): Promise<ToolResult> {
    const call = `${this.#prefix}${++this.calls}`
    const name = tool.definition.name
    this.#record({ type: 'tool-call-started', call, session: from.session, tool: name, arguments: args })
    const elapsed = startTimer()
    const controller = new AbortController()
    const abort = (): void => controller.abort(from.signal.reason)
    from.signal.addEventListener('abort', abort, { once: true })
    this.#running.set(call, controller)
    const result = await this.#attempt(tool, args, { ...from, id: call, signal: controller.signal }).catch(
      (error: unknown): ToolResult => ({
        text: `the gateway itself failed, this is not your fault: ${messageOf(error)}`,
        isError: true,
        outcome: 'broken',
      }),
    )
    from.signal.removeEventListener('abort', abort)
    this.#running.delete(call)
    const { text, structured, isError = false, outcome = 'ran', content: _, ...facts } = result
    this.#record({
      type: 'tool-call-finished',
      call,
      tool: name,
      text,
      ...(structured === undefined ? {} : { structured }),
      isError,
      outcome,
      ...facts,
      durationMs: Math.round(elapsed()),
    })
    if (this.#running.size === 0) for (const wake of this.#onIdle.splice(0)) wake()
    return result
  }

  idle(): Promise<void> {
    return this.#running.size === 0 ? Promise.resolve() : new Promise((resolve) => this.#onIdle.push(resolve))
  }

  async #attempt(tool: Tool, args: Record<string, unknown>, call: ToolCall): Promise<ToolResult> {
    const { signal } = call
    const { totalCalls } = this.#limits
    if (totalCalls !== undefined && this.calls > totalCalls && !tool.isFree) {
      const text = `the budget of ${totalCalls} tool calls is spent: all that is left is to submit`
      return { text, isError: true, outcome: 'budget' }
    }
    const early = (await this.#readiness(signal)) ?? this.#refusalNow(signal)
    if (early) return early
    if (!(await this.#takePlace(signal))) {
      const text = `${this.#limits.queuedCalls} calls are waiting already: make fewer at once`
      return this.#refusalNow(signal) ?? { text, isError: true, outcome: 'too-many' }
    }
    try {
      return this.#refusalNow(signal) ?? (await tool.run(args, call))
    } finally {
      this.#leavePlace()
    }
  }

  async #readiness(signal: AbortSignal): Promise<ToolResult | undefined> {
    if (this.phase !== 'preparing') return undefined
    const late = Promise.withResolvers<void>()
    const timer = setTimeout(late.resolve, this.#limits.handOverMs)
    signal.addEventListener('abort', () => late.resolve(), { once: true })
    await Promise.race([this.#opened.promise, late.promise])
    clearTimeout(timer)
    // the await above may have changed it
    if ((this.phase as CallDesk['phase']) !== 'preparing') return undefined
    const text = 'the cluster is still being prepared: call again in a few seconds'
    return { text, isError: true, outcome: signal.aborted ? 'cancelled' : 'not-ready' }
  }

  #refusalNow(signal: AbortSignal): ToolResult | undefined {
    if (this.phase === 'over') {
      return { text: `the trial is over: ${this.#overBecause}`, isError: true, outcome: 'over' }
    }
    return signal.aborted ? { text: 'cancelled', isError: true, outcome: 'cancelled' } : undefined
  }

  async #takePlace(signal: AbortSignal): Promise<boolean> {
    if (this.#places > 0) {
      this.#places--
      return true
    }
    if (this.#waiting.length >= this.#limits.queuedCalls) return false
    return new Promise((resolve) => {
      const enter = (): void => {
        signal.removeEventListener('abort', giveUp)
        resolve(true)
      }
      const giveUp = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(enter), 1)
        resolve(false)
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#waiting.push(enter)
    })
  }

  #leavePlace(): void {
    const next = this.#waiting.shift()
    if (next) next()
    else this.#places++
  }
}
