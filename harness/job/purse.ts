import type { Purse } from '../trial/budget.ts'

/** The money of a job; what its trials spent before a resume is spent. */
export function createPurse(limit: number, before: readonly number[] = []): Purse {
  const abort = new AbortController()
  let used = 0
  const purse: Purse = {
    limit,
    get used() {
      return used
    },
    signal: abort.signal,
    spend(usd) {
      used += usd
      if (used >= limit) abort.abort()
    },
  }
  for (const usd of before) purse.spend(usd)
  return purse
}
