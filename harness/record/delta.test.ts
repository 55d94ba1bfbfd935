import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { applyDelta, diffJson } from './delta.ts'

const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown)

test('a delta makes the one value out of the other and leaves the first as it was', () => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      const kept = JSON.stringify(before)
      const delta = JSON.parse(JSON.stringify(diffJson(before, after))) as ReturnType<typeof diffJson>
      expect(applyDelta(before, delta)).toEqual(after)
      expect(JSON.stringify(before)).toBe(kept)
    }),
    { numRuns: 500 },
  )
})

test('equal values have an empty delta', () => {
  fc.assert(
    fc.property(json, (value) => {
      expect(diffJson(value, structuredClone(value))).toEqual([])
    }),
  )
})

test('a delta names the changed places only', () => {
  const before = {
    spec: { replicas: 2, template: { image: 'a' } },
    status: { conditions: [{ type: 'Ready', status: 'False' }] },
  }
  const after = {
    spec: { replicas: 3, template: { image: 'a' } },
    status: { conditions: [{ type: 'Ready', status: 'True' }] },
  }
  expect(diffJson(before, after)).toEqual([
    [['spec', 'replicas'], 3],
    [['status', 'conditions', 0, 'status'], 'True'],
  ])
})
