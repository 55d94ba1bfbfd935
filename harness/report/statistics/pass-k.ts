import type { TaskTally } from './clustered-rate.ts'

export interface PassK {
  k: number
  /** The chance that one of k attempts succeeds, averaged over tasks. */
  passAtK: number
  /** The chance that all of k attempts succeed, averaged over tasks. */
  passHatK: number
}

/** 1 - C(n - c, k) / C(n, k): unbiased for the chance that at least one of k succeeds. Undefined for fewer than k. */
export function passAtK(n: number, c: number, k: number): number | undefined {
  return n < k ? undefined : 1 - chooseRatio(n - c, n, k)
}

/** C(c, k) / C(n, k): unbiased for the chance that all of k succeed. Undefined for fewer than k. */
export function passHatK(n: number, c: number, k: number): number | undefined {
  return n < k ? undefined : chooseRatio(c, n, k)
}

/** Both for every k that each task has attempts for; nothing is estimated from fewer. */
export function passCurve(tallies: readonly TaskTally[]): PassK[] {
  const used = tallies.filter(({ trials }) => trials > 0)
  const most = Math.min(...used.map(({ trials }) => trials))
  if (used.length === 0) return []
  return Array.from({ length: most }, (_, i) => i + 1).map((k) => ({
    k,
    passAtK: mean(used.map(({ trials, successes }) => passAtK(trials, successes, k) ?? 0)),
    passHatK: mean(used.map(({ trials, successes }) => passHatK(trials, successes, k) ?? 0)),
  }))
}

/** C(a, k) / C(b, k) without large numbers. */
function chooseRatio(a: number, b: number, k: number): number {
  if (a < k) return 0
  let ratio = 1
  for (let i = 0; i < k; i++) ratio *= (a - i) / (b - i)
  return ratio
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0) / numbers.length
}
