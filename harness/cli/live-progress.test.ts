import { expect, it, vi } from 'vitest'
import type { TrialFacts } from '../store/trial-result.ts'
import { createLiveReporter, type Screen } from './live-progress.ts'

/** A terminal that understands what the view uses: line feeds, moving up, clearing to the end. */
function fakeTerminal(columns = 60, rows = 10): Screen & { lines: () => string[] } {
  let lines: string[] = []
  let row = 0
  const print = (text: string): void => {
    for (const [i, part] of text.split('\n').entries()) {
      if (i > 0) row++
      if (part.length > columns) throw new Error(`a line wraps: ${part}`)
      if (part !== '') lines[row] = part
    }
  }
  return {
    columns,
    rows,
    write(text) {
      for (const piece of text.split('\u001B[').flatMap((part, i) => (i === 0 ? [part] : splitCommand(part)))) {
        const [, count, what] = /^CSI(\d+)([AJ])$/.exec(piece) ?? []
        if (what === 'A') row -= Number(count)
        else if (what === 'J') lines = lines.slice(0, row)
        else print(piece)
      }
    },
    lines: () => lines.map((line) => line ?? ''),
  }
}

/** What follows an escape: the command, and the text after it. */
function splitCommand(part: string): string[] {
  const [command = ''] = /^\d+[AJ]/.exec(part) ?? []
  return [`CSI${command}`, part.slice(command.length)]
}

const planned = {
  task: { name: 'core/checkout', path: 'tasks/core/checkout', digest: 'sha256:0' },
  agent: { name: 'oracle' },
  attempt: 1,
} as const

it('keeps trials under way in place, and what has ended above them', () => {
  vi.useFakeTimers()
  const terminal = fakeTerminal()
  using live = createLiveReporter({ left: [planned, planned, planned], concurrency: 2 }, terminal)
  live.trialStarted({ name: 'a', planned })
  live.trialStarted({ name: 'b', planned: { ...planned, attempt: 2 } })
  live.trialPhase({ name: 'a', phase: 'agent' })
  vi.advanceTimersByTime(61_000)
  expect(terminal.lines()).toEqual([
    '  agent           1:01  core/checkout x oracle',
    '  begins          1:01  core/checkout x oracle #2',
    '  ░░░░░░░░░░░░ 0/3 in 1:01',
  ])
  live.trialEnded({ name: 'a', planned, facts: { outcome: 'solved', because: 'all is well' } as TrialFacts })
  live.note('finishing what runs')
  expect(terminal.lines()).toEqual([
    'solved      core/checkout x oracle in 1:01: all is well',
    'finishing what runs',
    '  begins          1:01  core/checkout x oracle #2',
    '  ████░░░░░░░░ 1/3 in 1:01 · 1 solved',
  ])
  vi.useRealTimers()
})

it('tells what ended trials cost and how long the rest may take, once there is something to go by', () => {
  vi.useFakeTimers()
  const terminal = fakeTerminal(90)
  using live = createLiveReporter({ left: Array.from({ length: 8 }, () => planned), done: 2, concurrency: 1 }, terminal)
  for (const [i, usage] of [{ costUsd: 0.02 }, undefined, { costUsd: 0.03 }].entries()) {
    live.trialStarted({ name: `t${i}`, planned })
    vi.advanceTimersByTime(60_000)
    const facts = { outcome: 'solved', because: 'all is well', ...(usage ? { usage } : {}) } as TrialFacts
    live.trialEnded({ name: `t${i}`, planned, facts })
  }
  expect(terminal.lines().at(-1)).toBe('  ██████░░░░░░ 5/10 in 3:00 · 3 solved · $0.0500 · about 5 min left')
  vi.useRealTimers()
})

it('never writes a line that wraps, nor what moves the cursor', () => {
  const terminal = fakeTerminal(40)
  using live = createLiveReporter({ left: [planned], concurrency: 1 }, terminal)
  live.trialStarted({ name: 'a', planned })
  live.trialBroke({ name: 'a', planned, because: `line one\nline two \u001B[2A${'x'.repeat(200)}` })
  expect(terminal.lines()).toHaveLength(2)
})

it('leaves nothing of itself behind', () => {
  const terminal = fakeTerminal()
  const live = createLiveReporter({ left: [planned], concurrency: 1 }, terminal)
  live.trialStarted({ name: 'a', planned })
  live[Symbol.dispose]()
  expect(terminal.lines()).toEqual([])
})
