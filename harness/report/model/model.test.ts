import { expect, test } from 'vitest'
import type { Outcome } from '../../record/events.ts'
import { compareAgents, isWorse } from './compare-agents.ts'
import { summarizeAgents } from './summarize-agents.ts'
import { judgeTasks } from './task-quality.ts'
import type { TrialRow } from './trial-row.ts'

let made = 0
const row = (agent: string, task: string, outcome: Outcome, more: Partial<TrialRow> = {}): TrialRow => ({
  id: `t${++made}`,
  job: 'job',
  trial: `t${made}`,
  task,
  dataset: 'core',
  digest: 'sha256:0',
  agent,
  model: undefined,
  effort: undefined,
  attempt: 1,
  outcome,
  reward: undefined,
  because: '',
  startedAt: '2026-11-21T00:00:00Z',
  seconds: 10,
  agentSeconds: 5,
  toolCalls: 3,
  inputTokens: undefined,
  cachedTokens: undefined,
  outputTokens: undefined,
  costUsd: undefined,
  verdicts: undefined,
  head: undefined,
  ...more,
})

test('invalid trials are counted apart and are in no rate', () => {
  const [summary] = summarizeAgents([row('a', 'x', 'solved'), row('a', 'y', 'unsafe'), row('a', 'z', 'invalid')], [])
  expect(summary?.counts.invalid).toBe(1)
  expect(summary?.counted).toBe(2)
  expect(summary?.solved?.share).toBe(0.5)
  expect(summary?.unsafe?.share).toBe(0.5)
  expect(summary?.outcomeMet?.share).toBe(1)
  expect(summary?.preserved).toBeUndefined()
})

test('cost per solve is all that was spent, and not told where a cost is unknown', () => {
  const known = [row('a', 'x', 'solved', { costUsd: 1 }), row('a', 'y', 'failed', { costUsd: 3 })]
  expect(summarizeAgents(known, [])[0]?.costPerSolve).toBe(4)
  expect(summarizeAgents([...known, row('a', 'z', 'solved')], [])[0]?.costPerSolve).toBeUndefined()
})

test('a comparison is of shared tasks only, names those that decide, and tests single attempts exactly', () => {
  const tasks = Array.from({ length: 12 }, (_, i) => `t${i}`)
  const first = { name: 'a', rows: [...tasks.map((task) => row('a', task, 'solved')), row('a', 'only-a', 'failed')] }
  const second = { name: 'b', rows: tasks.map((task, i) => row('b', task, i < 9 ? 'failed' : 'solved')) }
  const found = compareAgents(first, second)
  expect(found.leftOut).toEqual(['only-a'])
  expect(found.solved?.difference).toBeCloseTo(-0.75, 12)
  expect(found.mcnemar).toMatchObject({ onlyFirst: 9, onlySecond: 0 })
  expect(found.mcnemar?.p).toBeCloseTo(2 / 512, 10)
  expect(found.deciding).toHaveLength(9)
  expect(found.same).toBe(3)
  expect(isWorse(found)).toBe(true)
  expect(isWorse(compareAgents(second, first))).toBe(false)
  expect(compareAgents(first, { name: 'c', rows: [] }).solved).toBeUndefined()
})

test('trials tell when a task is flaky, separates nobody, or is not what it says', () => {
  const rows = [
    row('oracle', 'x', 'failed'),
    row('nop', 'x', 'solved'),
    ...['a', 'b'].flatMap((agent) => [row(agent, 'x', 'solved'), row(agent, 'x', 'solved', { attempt: 2 })]),
    row('a', 'y', 'solved'),
    row('a', 'y', 'failed', { attempt: 2 }),
  ]
  const info = {
    digest: '',
    category: undefined,
    instruction: undefined,
    canary: undefined,
    expertMinutes: undefined,
    hasOtherVersions: false,
  }
  const [x, y] = judgeTasks(rows, [{ ...info, task: 'x', difficulty: 'hard' }])
  expect(x?.findings).toEqual([
    'the oracle does not always solve it',
    'solved by doing nothing',
    'easier than declared',
    'everybody solves it',
  ])
  expect(x?.solved?.share).toBe(1)
  expect(y?.findings).toEqual(['an agent solves it only sometimes'])
})
