import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { formatDuration, parseDuration } from './duration.ts'

describe('durations', () => {
  it('reads what people write', () => {
    expect(['10s', '1m30s', '500ms', '2h', '0s', '1.5s'].map(parseDuration)).toEqual([
      10_000, 90_000, 500, 7_200_000, 0, 1500,
    ])
  })

  it('refuses what is no duration', () => {
    expect(['', '10', 's', '10 s', '-1s', '1d', '1s2', 'x1s'].map(parseDuration)).toEqual(Array(8).fill(undefined))
  })

  it('reads back everything it writes', () => {
    fc.assert(
      fc.property(fc.nat({ max: 10 ** 9 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBe(ms)
      }),
    )
  })
})
