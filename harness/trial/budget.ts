import type { Budget as BudgetEvent } from '../record/events.ts'

export interface BudgetLimits {
  timeMs: number
  toolCalls: number
}

/** Watches over what the agent may spend; the signal aborts when something is spent, with what that was as its reason. */
export class Budget implements Disposable {
  readonly signal: AbortSignal
  readonly #abort = new AbortController()
  readonly #limits: BudgetLimits
  readonly #record: (event: BudgetEvent) => void
  readonly #timer: NodeJS.Timeout
  readonly #startedAt = Date.now()
  #toolCalls = 0

  constructor(limits: BudgetLimits, record: (event: BudgetEvent) => void) {
    this.signal = this.#abort.signal
    this.#limits = limits
    this.#record = record
    this.#timer = setTimeout(() => {
      this.#spend(
        'time',
        Date.now() - this.#startedAt,
        limits.timeMs,
        `its ${Math.round(limits.timeMs / 1000)} s are over`,
      )
    }, limits.timeMs)
  }

  countToolCall(): void {
    this.#toolCalls++
    const { toolCalls } = this.#limits
    if (this.#toolCalls > toolCalls)
      this.#spend('tool-calls', this.#toolCalls, toolCalls, `its ${toolCalls} tool calls are used up`)
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
  }

  #spend(kind: BudgetEvent['kind'], used: number, limit: number, because: string): void {
    if (this.signal.aborted) return
    this.#record({ type: 'budget', kind, used, limit, state: 'spent' })
    this.#abort.abort(new BudgetSpent(because))
  }
}

/** Why the agent was ended. */
export class BudgetSpent extends Error {
  constructor(because: string) {
    super(because)
    this.name = 'BudgetSpent'
  }
}
