import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { combineRewards, whyNotOn } from './stages.ts'

describe('the rewards of a task of several steps', () => {
  it('are the means of those of its steps, a missing one counting 0', () => {
    expect(combineRewards(undefined, [{ reward: 1, speed: 4 }, { reward: 0 }])).toEqual({ reward: 0.5, speed: 2 })
  })

  it('are those of the last step that was judged, where the task says so', () => {
    expect(combineRewards('final', [{ reward: 1 }, { reward: 0.25, tidy: 1 }])).toEqual({ reward: 0.25, tidy: 1 })
  })

  it('are none where no step was judged', () => {
    expect(combineRewards('mean', [])).toBeUndefined()
  })

  it('lie between the least and the greatest of its steps', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: -5, max: 5, noNaN: true }), { minLength: 1 }), (all) => {
        const { reward = NaN } =
          combineRewards(
            'mean',
            all.map((one) => ({ reward: one })),
          ) ?? {}
        expect(reward).toBeGreaterThanOrEqual(Math.min(...all) - 1e-9)
        expect(reward).toBeLessThanOrEqual(Math.max(...all) + 1e-9)
      }),
    )
  })
})

describe('min_reward', () => {
  it('is about the reward where it is a number, and about each that it names otherwise', () => {
    expect(whyNotOn({ minReward: 0.5 }, { reward: 0.5 })).toBeUndefined()
    expect(whyNotOn({ minReward: 0.5 }, { reward: 0.4 })).toBe('its reward is 0.4, and min_reward is 0.5')
    expect(whyNotOn({ minReward: { tests: 1, style: 0 } }, { tests: 1, style: 0 })).toBeUndefined()
    expect(whyNotOn({ minReward: { tests: 1, style: 0 } }, { tests: 1 })).toContain('style is missing')
  })

  it('is met by everything where there is none', () => {
    expect(whyNotOn({ minReward: undefined }, { reward: 0 })).toBeUndefined()
  })
})
