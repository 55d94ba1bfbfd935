import { wilsonInterval, type Interval } from './interval.ts'

/** Attempts at one task: how many, and how many of them succeeded. */
export interface TaskTally {
  task: string
  trials: number
  successes: number
}

export interface Rate extends Interval {
  share: number
  trials: number
  tasks: number
  /** As many independent trials would say as much: attempts at the same task tell less than trials of different ones. */
  effectiveTrials: number
}

/**
 * The share of successes with a 95 % interval that is clustered by task. The cluster-robust standard error gives the
 * effective number of trials, and Wilson's interval for that number keeps its sense near 0 and 1. With one task only,
 * its attempts are taken as independent, and the interval speaks of that task alone.
 */
export function clusteredRate(tallies: readonly TaskTally[]): Rate | undefined {
  const used = tallies.filter(({ trials }) => trials > 0)
  const trials = sum(used.map((t) => t.trials))
  if (trials === 0) return undefined
  const share = sum(used.map((t) => t.successes)) / trials
  const effectiveTrials = effectiveOf(used, share, trials)
  return { share, trials, tasks: used.length, effectiveTrials, ...wilsonInterval(share, effectiveTrials) }
}

/** The squared standard error of a mean over trials whose tasks were drawn, with the correction for few tasks. */
export function clusteredVariance(tallies: readonly TaskTally[]): number {
  const trials = sum(tallies.map((t) => t.trials))
  const share = sum(tallies.map((t) => t.successes)) / trials
  const squares = sum(tallies.map((t) => (t.successes - share * t.trials) ** 2))
  return (squares / trials ** 2) * (tallies.length / (tallies.length - 1))
}

function effectiveOf(tallies: readonly TaskTally[], share: number, trials: number): number {
  if (tallies.length === 1) return trials
  const spread = share * (1 - share)
  if (spread === 0) return tallies.length
  const variance = clusteredVariance(tallies)
  if (variance === 0) return trials
  return Math.min(trials, Math.max(1, spread / variance))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
