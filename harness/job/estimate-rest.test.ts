import { expect, test } from 'vitest'
import { estimateRest } from './estimate-rest.ts'

const trials = (agent: string, ...seconds: number[]): { agent: string; seconds: number }[] =>
  seconds.map((s) => ({ agent, seconds: s }))
const waiting = (agent: string, count: number): { agent: string }[] => Array.from({ length: count }, () => ({ agent }))

test('nothing is said before two trials have ended', () => {
  expect(estimateRest({ ended: [], running: [], waiting: waiting('a', 9), concurrency: 2 })).toBeUndefined()
  expect(estimateRest({ ended: trials('a', 10), running: [], waiting: [], concurrency: 2 })).toBeUndefined()
})

test('trials that always take the same leave no doubt, and two at once take half as long', () => {
  const facts = { ended: trials('a', 30, 30, 30), running: [], waiting: waiting('a', 6) }
  expect(estimateRest({ ...facts, concurrency: 1 })).toEqual([180, 180])
  expect(estimateRest({ ...facts, concurrency: 2 })).toEqual([90, 90])
})

test('each agent is expected to take what it took before', () => {
  const ended = [...trials('nop', 10, 10), ...trials('model', 100, 100)]
  expect(estimateRest({ ended, running: [], waiting: waiting('model', 3), concurrency: 1 })).toEqual([300, 300])
  expect(estimateRest({ ended, running: [], waiting: waiting('nop', 3), concurrency: 1 })).toEqual([30, 30])
})

test('what is under way counts for what is left of it, and the longest one sets the end', () => {
  const ended = trials('a', 40, 40)
  expect(estimateRest({ ended, running: trials('a', 30), waiting: [], concurrency: 4 })).toEqual([10, 10])
  expect(estimateRest({ ended, running: trials('a', 100), waiting: [], concurrency: 4 })).toEqual([50, 50])
})

test('the less is known, the wider the range', () => {
  const facts = { running: [], waiting: waiting('a', 10), concurrency: 1 }
  const [low = 0, high = 0] = estimateRest({ ...facts, ended: trials('a', 20, 60) }) ?? []
  const [later = 0, laterHigh = 0] =
    estimateRest({ ...facts, ended: trials('a', 20, 60, 20, 60, 20, 60, 20, 60) }) ?? []
  expect(low).toBeLessThan(400)
  expect(high).toBeGreaterThan(400)
  expect(laterHigh - later).toBeLessThan(high - low)
})
