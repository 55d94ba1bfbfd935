import type { AgentBudget } from '../../agents/agent.ts'
import type { AgentMessage, Budget as BudgetEvent } from '../record/events.ts'

/** What all trials of a job may spend together. */
export interface Purse {
  readonly limit: number
  readonly used: number
  /** Aborted once everything is spent. */
  readonly signal: AbortSignal
  spend(usd: number): void
}

/** Watches over what the agent may spend; the signal aborts when something is spent, with what that was as its reason. */
export class Budget implements Disposable {
  readonly signal: AbortSignal
  readonly #abort = new AbortController()
  readonly #limits: AgentBudget
  readonly #record: (event: BudgetEvent) => void
  readonly #timer: NodeJS.Timeout
  readonly #startedAt = Date.now()
  readonly #purse: Purse | undefined
  #toolCalls = 0
  #steps = 0
  #tokens = 0
  #usd = 0

  constructor(limits: AgentBudget, record: (event: BudgetEvent) => void, purse?: Purse) {
    this.signal = this.#abort.signal
    this.#purse = purse
    purse?.signal.addEventListener('abort', this.#onPurseSpent)
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

  /** Counts an answer of the agent's model: it may end the agent with the next one, or at once. */
  countAnswer({ usage = {}, costUsd }: AgentMessage): void {
    this.#steps++
    this.#tokens += (usage.inputTokens ?? 0) + (usage.outputTokens ?? 0)
    this.#usd += costUsd ?? 0
    const { steps = Infinity, tokens = Infinity, usd = Infinity } = this.#limits
    if (this.#steps > steps) this.#spend('steps', this.#steps, steps, `its ${steps} steps are used up`)
    if (this.#tokens >= tokens) this.#spend('tokens', this.#tokens, tokens, `its ${tokens} tokens are used up`)
    if (this.#usd >= usd) this.#spend('money', this.#usd, usd, `its $${usd} are spent`)
    this.#purse?.spend(costUsd ?? 0)
    if (this.#purse?.signal.aborted) this.#onPurseSpent()
  }

  readonly #onPurseSpent = (): void => {
    if (this.#purse)
      this.#spend('money', this.#purse.used, this.#purse.limit, `the job's $${this.#purse.limit} are spent`)
  };

  [Symbol.dispose](): void {
    clearTimeout(this.#timer)
    this.#purse?.signal.removeEventListener('abort', this.#onPurseSpent)
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
