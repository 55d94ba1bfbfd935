import type { Interval } from './interval.ts'
import { createRandom } from './random.ts'

export interface PairedDifference extends Interval {
  /** Mean over tasks of the second share less the first. */
  difference: number
  tasks: number
}

/** The difference of two agents on the same tasks, with a 95 % percentile interval from drawing tasks with replacement. */
export function pairedDifference(
  pairs: readonly { first: number; second: number }[],
  options: { draws?: number; seed?: number } = {},
): PairedDifference | undefined {
  if (pairs.length === 0) return undefined
  const differences = pairs.map(({ first, second }) => second - first)
  const difference = differences.reduce((total, d) => total + d, 0) / differences.length
  const means = drawMeans(differences, options)
  return { difference, low: quantile(means, 0.025), high: quantile(means, 0.975), tasks: pairs.length }
}

/** Sorted. */
function drawMeans(differences: readonly number[], options: { draws?: number; seed?: number }): Float64Array {
  const random = createRandom(options.seed ?? 20_261_121)
  const draws = options.draws ?? 10_000
  const means = new Float64Array(draws)
  for (let draw = 0; draw < draws; draw++) {
    let total = 0
    for (let i = 0; i < differences.length; i++) total += differences[Math.floor(random() * differences.length)] ?? 0
    means[draw] = total / differences.length
  }
  return means.toSorted()
}

/** With linear interpolation between the two nearest. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const place = (sorted.length - 1) * share
  const below = Math.floor(place)
  const low = sorted[below] ?? Number.NaN
  const high = sorted[Math.min(below + 1, sorted.length - 1)] ?? Number.NaN
  return low + (high - low) * (place - below)
}
