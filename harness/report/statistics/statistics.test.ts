import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { clusteredRate, clusteredVariance, type TaskTally } from './clustered-rate.ts'
import { wilsonInterval } from './interval.ts'
import { mcnemarExact } from './mcnemar.ts'
import { pairedDifference, quantile } from './paired-bootstrap.ts'
import { passAtK, passCurve, passHatK } from './pass-k.ts'

const tally = (trials: number, successes: number, task = `t${trials}-${successes}`): TaskTally => ({
  task,
  trials,
  successes,
})

describe('intervals', () => {
  // Newcombe, Statistics in Medicine 17 (1998) 857-872, table I, method 3
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('Wilson gives for %d of %d what Newcombe published', (successes, n, low, high) => {
    const interval = wilsonInterval(successes / n, n)
    expect(interval.low).toBeCloseTo(low, 4)
    expect(interval.high).toBeCloseTo(high, 4)
  })

  test('attempts that always agree tell no more than one attempt of each task', () => {
    const once = Array.from({ length: 20 }, (_, i) => tally(1, i < 8 ? 1 : 0, `t${i}`))
    const fiveTimes = once.map((t) => ({ ...t, trials: 5, successes: 5 * t.successes }))
    expect(clusteredRate(fiveTimes)?.low).toBeCloseTo(clusteredRate(once)?.low ?? 0, 10)
    expect(clusteredRate(fiveTimes)?.high).toBeCloseTo(clusteredRate(once)?.high ?? 0, 10)
  })

  test('one attempt of each task gives the sample variance of a mean', () => {
    const shares = [1, 1, 0, 1, 0, 0, 1]
    const p = 4 / 7
    expect(clusteredVariance(shares.map((s, i) => tally(1, s, `t${i}`)))).toBeCloseTo((p * (1 - p)) / 6, 12)
  })

  test('nothing solved, or all of it, still leaves doubt, and more tasks leave less', () => {
    const none = (tasks: number): number =>
      clusteredRate(Array.from({ length: tasks }, (_, i) => tally(3, 0, `t${i}`)))?.high ?? 0
    expect(none(20)).toBeCloseTo(0.1611, 4)
    expect(none(40)).toBeLessThan(none(20))
    expect(clusteredRate([])).toBeUndefined()
  })

  test('an interval always holds its share', () => {
    const tallies = fc.array(
      fc.integer({ min: 1, max: 9 }).chain((n) => fc.integer({ min: 0, max: n }).map((c) => tally(n, c))),
      { minLength: 1, maxLength: 30 },
    )
    fc.assert(
      fc.property(tallies, (given) => {
        const rate = clusteredRate(given)
        expect(rate).toBeDefined()
        if (!rate) return
        expect(rate.low).toBeLessThanOrEqual(rate.share + 1e-12)
        expect(rate.high).toBeGreaterThanOrEqual(rate.share - 1e-12)
        expect(rate.effectiveTrials).toBeLessThanOrEqual(rate.trials)
      }),
    )
  })
})

describe('pass@k and pass^k', () => {
  test('are the shares of k-subsets, counted one by one', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.nat(9), fc.integer({ min: 1, max: 9 }), (n, successes, k) => {
        const c = Math.min(n, successes)
        let [subsets, some, all] = [0, 0, 0]
        for (let mask = 0; mask < 1 << n; mask++) {
          const members = Array.from({ length: n }, (_, i) => i).filter((i) => mask & (1 << i))
          if (members.length !== k) continue
          subsets++
          if (members.some((i) => i < c)) some++
          if (members.every((i) => i < c)) all++
        }
        if (subsets === 0) {
          expect(passAtK(n, c, k)).toBeUndefined()
          expect(passHatK(n, c, k)).toBeUndefined()
        } else {
          expect(passAtK(n, c, k)).toBeCloseTo(some / subsets, 10)
          expect(passHatK(n, c, k)).toBeCloseTo(all / subsets, 10)
        }
      }),
    )
  })

  test('end where the task with the fewest attempts ends', () => {
    expect(passCurve([tally(3, 3), tally(2, 1)]).map(({ k }) => k)).toEqual([1, 2])
    expect(passCurve([tally(3, 3), tally(2, 1)])[1]).toEqual({ k: 2, passAtK: 1, passHatK: 0.5 })
    expect(passCurve([])).toEqual([])
  })
})

describe('comparison', () => {
  // Fagerland, Lydersen, Laake, BMC Medical Research Methodology 13:91 (2013), table 1: airway responsiveness
  test('McNemar exactly as published: 1 against 7 is 0.070', () => {
    expect(mcnemarExact(1, 7)).toBeCloseTo(0.0703, 4)
    expect(mcnemarExact(7, 1)).toBeCloseTo(0.0703, 4)
    expect(mcnemarExact(0, 0)).toBe(1)
    expect(mcnemarExact(5, 5)).toBe(1)
    expect(mcnemarExact(0, 1000)).toBeGreaterThan(0)
  })

  test('quantiles are those of R, type 7', () => {
    expect(quantile([1, 2, 3, 4], 0.25)).toBeCloseTo(1.75, 12)
    expect(quantile([1, 2, 3, 4], 0.975)).toBeCloseTo(3.925, 12)
  })

  test('the bootstrap interval comes near the normal one for many tasks', () => {
    const pairs = Array.from({ length: 400 }, (_, i) => ({ first: i % 4 === 0 ? 1 : 0, second: i % 2 === 0 ? 1 : 0 }))
    const found = pairedDifference(pairs)
    const half = (1.96 * Math.sqrt(0.1875)) / 20
    expect(found?.difference).toBeCloseTo(0.25, 12)
    expect(found?.low).toBeCloseTo(0.25 - half, 1)
    expect(found?.high).toBeCloseTo(0.25 + half, 1)
    expect(Math.abs((found?.low ?? 0) - (0.25 - half))).toBeLessThan(0.006)
  })

  test('swapping the two agents turns the sign, and the same seed gives the same interval', () => {
    const pairs = Array.from({ length: 25 }, (_, i) => ({ first: (i % 3) / 2, second: (i % 5) / 4 }))
    const turned = pairs.map(({ first, second }) => ({ first: second, second: first }))
    expect(pairedDifference(pairs)).toEqual(pairedDifference(pairs))
    expect(pairedDifference(turned)?.low).toBeCloseTo(-(pairedDifference(pairs)?.high ?? 0), 10)
    expect(pairedDifference([])).toBeUndefined()
  })
})
