import { expect, it } from 'vitest'
import { createPurse } from './purse.ts'
import type { AgentMessage, Budget as BudgetEvent } from '../record/events.ts'
import { Budget } from '../trial/budget.ts'

const answer = (costUsd: number | undefined, tokens = 10): AgentMessage => ({
  type: 'agent-message',
  text: '',
  usage: { inputTokens: tokens - 1, outputTokens: 1 },
  ...(costUsd === undefined ? {} : { costUsd }),
})

it.each([
  ['steps', { steps: 3 }, 4, 'its 3 steps are used up'],
  ['tokens', { tokens: 25 }, 3, 'its 25 tokens are used up'],
  ['money', { usd: 0.02 }, 2, 'its $0.02 are spent'],
] as const)('ends an agent whose %s are spent, and records what it was', (kind, limit, answers, because) => {
  const events: BudgetEvent[] = []
  using budget = new Budget({ timeMs: 60_000, toolCalls: 9, ...limit }, (event) => events.push(event))
  for (let i = 1; i < answers; i++) budget.countAnswer(answer(0.01))
  expect(budget.signal.aborted).toBe(false)
  budget.countAnswer(answer(0.01))
  expect(budget.signal.reason).toMatchObject({ message: because })
  expect(events).toMatchObject([{ type: 'budget', kind, state: 'spent' }])
})

it('takes an unknown price for unknown, and counts its tokens all the same', () => {
  using budget = new Budget({ timeMs: 60_000, toolCalls: 9, usd: 0.01, tokens: 100 }, () => undefined)
  for (let i = 0; i < 9; i++) budget.countAnswer(answer(undefined))
  expect(budget.signal.aborted).toBe(false)
  budget.countAnswer(answer(undefined))
  expect(budget.signal.reason).toMatchObject({ message: 'its 100 tokens are used up' })
})

it('ends every agent of a job whose money is spent, the ones that spent nothing among them', () => {
  const purse = createPurse(1, [0.5])
  using one = new Budget({ timeMs: 60_000, toolCalls: 9 }, () => undefined, purse)
  using other = new Budget({ timeMs: 60_000, toolCalls: 9 }, () => undefined, purse)
  one.countAnswer(answer(0.4))
  expect([one.signal.aborted, other.signal.aborted]).toEqual([false, false])
  one.countAnswer(answer(0.2))
  expect(one.signal.reason).toMatchObject({ message: "the job's $1 are spent" })
  expect(other.signal.reason).toMatchObject({ message: "the job's $1 are spent" })
  using later = new Budget({ timeMs: 60_000, toolCalls: 9 }, () => undefined, purse)
  later.countAnswer(answer(undefined))
  expect(later.signal.aborted).toBe(true)
})
