import { expect, test } from 'vitest'
import { cohensKappa, measureAgreement } from './agreement.ts'

const times = <T>(n: number, value: T): T[] => Array.from({ length: n }, () => value)

test("Cohen's kappa is the textbook's", () => {
  // the table of 50 proposals: 20 yes by both, 5 by the first alone, 10 by the second alone, 15 no by both
  const said = [
    ...times(20, ['yes', 'yes'] as const),
    ...times(5, ['yes', 'no'] as const),
    ...times(10, ['no', 'yes'] as const),
    ...times(15, ['no', 'no'] as const),
  ]
  expect(cohensKappa(said)).toBeCloseTo(0.4, 12)
})

test('kappa is 1 for judges who always agree, below 0 for those who never do, and undefined without a choice', () => {
  expect(
    cohensKappa([
      [true, true],
      [false, false],
    ]),
  ).toBe(1)
  expect(
    cohensKappa([
      [true, false],
      [false, true],
    ]),
  ).toBe(-1)
  expect(cohensKappa(times(10, [true, true]))).toBeUndefined()
})

test('agreement is over the answers that both judged', () => {
  const of = (...scores: [string, number][]): Map<string, { flags: []; flag_detail: object; quality_score: number }> =>
    new Map(scores.map(([name, quality_score]) => [name, { flags: [], flag_detail: {}, quality_score }]))
  const first = { name: 'a', of: of(['x', 1], ['y', 0.5], ['z', 0]) }
  const second = { name: 'b', of: of(['x', 0.8], ['y', 0.9]) }
  const agreement = measureAgreement(first, second)
  expect(agreement).toMatchObject({ judges: ['a', 'b'], answers: 2 })
  expect(agreement?.scoreGap).toBeCloseTo(0.3, 12)
  expect(measureAgreement(first, { name: 'c', of: of(['q', 1]) })).toBeUndefined()
})
