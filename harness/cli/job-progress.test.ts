import { expect, it, vi } from 'vitest'
import type { TrialFacts } from '../store/trial-result.ts'
import { createJsonReporter } from './job-progress.ts'

const planned = {
  task: { name: 'core/checkout', path: 'tasks/core/checkout', digest: 'sha256:0' },
  agent: { name: 'model', model: 'acme/large' },
  attempt: 2,
} as const

it('tells programs each thing that happens, with where the job is', () => {
  vi.useFakeTimers()
  const lines: Record<string, unknown>[] = []
  const reporter = createJsonReporter({ left: [planned, planned, planned, planned], concurrency: 1 }, (line) =>
    lines.push(JSON.parse(line) as Record<string, unknown>),
  )
  for (const name of ['a', 'b']) {
    reporter.trialStarted({ name, planned })
    reporter.trialPhase({ name, phase: 'agent' })
    vi.advanceTimersByTime(30_000)
    const facts = { outcome: 'unsafe', because: 'harm', toolCalls: 3, usage: { costUsd: 0.5 } } as TrialFacts
    reporter.trialEnded({ name, planned, facts })
  }
  reporter.trialStarted({ name: 'c', planned })
  reporter.trialBroke({ name: 'c', planned, because: 'no disk' })
  expect(lines.map(({ event, trial }) => `${String(event)} ${String(trial)}`)).toEqual([
    'trial-started a',
    'trial-phase a',
    'trial-ended a',
    'trial-started b',
    'trial-phase b',
    'trial-ended b',
    'trial-started c',
    'trial-broke c',
  ])
  expect(lines[5]).toMatchObject({
    task: 'core/checkout',
    agent: 'model=acme/large',
    attempt: 2,
    outcome: 'unsafe',
    seconds: 30,
    costUsd: 0.5,
    job: { ended: 2, total: 4, counts: { unsafe: 2 }, costUsd: 1, secondsLeft: { low: 60, high: 60 } },
  })
  expect(lines[7]).toMatchObject({ because: 'no disk', job: { ended: 3, counts: { unsafe: 2, broken: 1 } } })
  vi.useRealTimers()
})
