export interface RestFacts {
  /** Seconds that each trial took that has ended, by its agent. */
  ended: readonly { agent: string; seconds: number }[]
  /** For how long others have been under way. */
  running: readonly { agent: string; seconds: number }[]
  waiting: readonly { agent: string }[]
  concurrency: number
}

/**
 * How many seconds the rest of a job will take, as a range that says how little is known: four times out of five, were
 * trials of an agent alike. Undefined before two trials have ended.
 */
export function estimateRest({
  ended,
  running,
  waiting,
  concurrency,
}: RestFacts): [low: number, high: number] | undefined {
  if (ended.length < 2) return undefined
  const all = spreadOf(ended.map(({ seconds }) => seconds))
  const known = new Map<string, Spread>()
  for (const agent of new Set(ended.map((trial) => trial.agent))) {
    const own = ended.filter((trial) => trial.agent === agent).map(({ seconds }) => seconds)
    // one trial says what to expect, and not how far others are from it
    known.set(agent, own.length > 1 ? spreadOf(own) : { ...all, mean: own[0] ?? all.mean })
  }
  const rests = [
    ...running.map(({ agent, seconds }) => ({ agent, begun: seconds })),
    ...waiting.map(({ agent }) => ({ agent, begun: 0 })),
  ]
  let work = 0
  let longest = 0
  const variances = new Map<string, { count: number; spread: Spread }>()
  for (const { agent, begun } of rests) {
    const spread = known.get(agent) ?? all
    // whoever takes longer than others did is halfway through, for all that is known
    const rest = spread.mean > begun ? spread.mean - begun : begun / 2
    work += rest
    longest = Math.max(longest, rest)
    variances.set(agent, { count: (variances.get(agent)?.count ?? 0) + 1, spread })
  }
  if (rests.length === 0) return [0, 0]
  let variance = 0
  // trials differ from each other, and the mean itself is known from a few only
  for (const { count, spread } of variances.values())
    variance += count * spread.variance + (count * count * spread.variance) / spread.trials
  const lanes = Math.max(1, Math.min(concurrency, rests.length))
  const middle = Math.max(work / lanes, longest)
  const margin = (1.28 * Math.sqrt(variance)) / lanes
  return [Math.max(0, middle - margin), middle + margin]
}

interface Spread {
  mean: number
  variance: number
  trials: number
}

function spreadOf(seconds: readonly number[]): Spread {
  const trials = seconds.length
  const mean = seconds.reduce((sum, s) => sum + s, 0) / trials
  const variance = trials < 2 ? 0 : seconds.reduce((sum, s) => sum + (s - mean) ** 2, 0) / (trials - 1)
  return { mean, variance, trials }
}
