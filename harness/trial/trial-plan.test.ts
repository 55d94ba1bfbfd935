import { expect, it } from 'vitest'
import { multiplierOf } from './trial-plan.ts'

it("a phase's multiplier stands in the place of the one for all, and neither means once", () => {
  expect(multiplierOf({ timeouts: { all: 2, agent: 3 } }, 'agent')).toBe(3)
  expect(multiplierOf({ timeouts: { all: 2, agent: 3 } }, 'verifier')).toBe(2)
  expect(multiplierOf({ timeouts: { agent: 3 } }, 'environment')).toBe(1)
  expect(multiplierOf({}, 'agent')).toBe(1)
})
