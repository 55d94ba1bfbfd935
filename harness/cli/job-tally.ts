import { estimateRest } from '../job/estimate-rest.ts'
import { nameOfAgent } from '../store/name-of-agent.ts'
import type { PlannedTrial } from '../store/planned-trial.ts'
import type { TrialFacts } from '../store/trial-result.ts'

/** What is known of a job while it runs. */
export interface JobTally {
  /** Trials of the plan, those of an earlier start included. */
  readonly total: number
  readonly ended: number
  /** How many trials ended in which way, those that could not be run as `broken`. */
  readonly counts: ReadonlyMap<string, number>
  /** What ended trials have cost, as far as it is known. */
  readonly costUsd: number | undefined
  begin(name: string, planned: PlannedTrial): void
  end(name: string, facts: Pick<TrialFacts, 'outcome' | 'usage'> | undefined): void
  /** Seconds since a trial began. */
  secondsOf(name: string): number
  estimate(): [low: number, high: number] | undefined
}

export type TallyOptions =
  | {
      /** What is to be run. */
      left: readonly PlannedTrial[]
      /** What an earlier start has done of the plan. */
      done?: number
      concurrency: number
    }
  /** How many trials there will be, where nothing else is known: there is no estimate then. */
  | { total: number }

export function createTally(options: TallyOptions): JobTally {
  const { left, done = 0, concurrency } = 'left' in options ? options : { left: [], concurrency: 1 }
  const running = new Map<string, { agent: string; since: number }>()
  const over: { agent: string; seconds: number }[] = []
  const counts = new Map<string, number>()
  const waiting = left.map(({ agent }) => nameOfAgent(agent))
  let ended = done
  let costUsd: number | undefined
  const secondsOf = (name: string): number => (Date.now() - (running.get(name)?.since ?? Date.now())) / 1000
  return {
    total: 'total' in options ? options.total : left.length + done,
    get ended() {
      return ended
    },
    counts,
    get costUsd() {
      return costUsd
    },
    begin(name, { agent }) {
      const place = waiting.indexOf(nameOfAgent(agent))
      if (place !== -1) waiting.splice(place, 1)
      running.set(name, { agent: nameOfAgent(agent), since: Date.now() })
    },
    end(name, facts) {
      const trial = running.get(name)
      if (trial) over.push({ agent: trial.agent, seconds: secondsOf(name) })
      running.delete(name)
      const outcome = facts?.outcome ?? 'broken'
      counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
      const cost = facts?.usage?.costUsd
      if (cost !== undefined) costUsd = (costUsd ?? 0) + cost
      ended++
    },
    secondsOf,
    estimate: () =>
      'total' in options
        ? undefined
        : estimateRest({
            ended: over,
            running: [...running].map(([name, { agent }]) => ({ agent, seconds: secondsOf(name) })),
            waiting: waiting.map((agent) => ({ agent })),
            concurrency,
          }),
  }
}

/** `4 to 6 min left`: no more exact than it is known. */
export function wordsOf([low, high]: readonly [number, number]): string {
  if (high < 90) return `${words(low, 5)} to ${words(high, 5)} s left`.replace(/^(\d+) to \1 /, 'about $1 ')
  const unit = high < 5400 ? 60 : 3600
  const [from, to] = [low / unit, high / unit].map((n) => (unit === 60 ? Math.round(n) : Math.round(n * 2) / 2))
  const name = unit === 60 ? 'min' : 'h'
  return from === to ? `about ${from} ${name} left` : `${from} to ${to} ${name} left`
}

function words(seconds: number, step: number): number {
  return Math.ceil(seconds / step) * step
}

export function dollars(usd: number): string {
  return `$${usd.toFixed(usd < 1 ? 4 : 2)}`
}
