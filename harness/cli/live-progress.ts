import { stripVTControlCharacters } from 'node:util'
import type { JobReporter } from '../job/run-job.ts'
import { nameOfAgent } from '../store/name-of-agent.ts'
import type { TrialFacts } from '../store/trial-result.ts'
import { createTally, dollars, wordsOf, type TallyOptions } from './job-tally.ts'

/** Where a live view is drawn: a terminal. */
export interface Screen {
  columns: number
  rows: number
  write(text: string): void
}

/** A reporter that holds a part of the screen until it is disposed of. */
export interface LiveReporter extends JobReporter, Disposable {
  /** Prints a line above the view. */
  note(line: string): void
}

interface Running {
  what: string
  phase: string
}

/** Keeps what is under way in place at the bottom of a terminal; what has ended scrolls up above it. */
export function createLiveReporter(options: TallyOptions, screen: Screen = stderrScreen()): LiveReporter {
  const tally = createTally(options)
  const running = new Map<string, Running>()
  const startedAt = Date.now()
  let drawn = 0

  const erase = (): string => (drawn === 0 ? '' : `\u001B[${drawn}A\u001B[0J`)
  const draw = (above = ''): void => {
    const lines = view().slice(-Math.max(1, screen.rows - 1))
    screen.write(`${erase()}${above}${lines.map((line) => `${cut(line, screen.columns)}\n`).join('')}`)
    drawn = lines.length
  }
  const view = (): string[] => {
    const rest = tally.estimate()
    return [
      ...[...running].map(
        ([name, { what, phase }]) => `  ${phase.padEnd(14)} ${clock(tally.secondsOf(name))}  ${what}`,
      ),
      [
        `  ${bar(tally.ended / tally.total)} ${tally.ended}/${tally.total} in ${clock(secondsSince(startedAt)).trim()}`,
        ...[...tally.counts].map(([outcome, count]) => `${count} ${outcome}`),
        ...(tally.costUsd === undefined ? [] : [dollars(tally.costUsd)]),
        ...(rest ? [wordsOf(rest)] : []),
      ].join(' · '),
    ]
  }
  const end = (
    name: string,
    facts: Pick<TrialFacts, 'outcome' | 'usage'> | undefined,
    { outcome, because }: { outcome: string; because: string },
  ): void => {
    const trial = running.get(name)
    const took = trial ? ` in ${clock(tally.secondsOf(name)).trim()}` : ''
    running.delete(name)
    tally.end(name, facts)
    draw(`${cut(`${outcome.padEnd(11)} ${trial?.what ?? name}${took}: ${because}`, screen.columns)}\n`)
  }
  const timer = setInterval(draw, 500)
  timer.unref()
  return {
    trialStarted({ name, planned }) {
      const attempt = planned.attempt > 1 ? ` #${planned.attempt}` : ''
      const what = `${planned.task.name} x ${nameOfAgent(planned.agent)}${attempt}`
      running.set(name, { what, phase: 'begins' })
      tally.begin(name, planned)
      draw()
    },
    trialPhase({ name, phase }) {
      const trial = running.get(name)
      if (trial) trial.phase = phase
      draw()
    },
    trialEnded: ({ name, facts }) => end(name, facts, facts),
    trialBroke: ({ name, because }) => end(name, undefined, { outcome: 'broken', because }),
    note: (line) => draw(`${line}\n`),
    [Symbol.dispose]() {
      clearInterval(timer)
      screen.write(erase())
      drawn = 0
    },
  }
}

function stderrScreen(): Screen {
  return {
    get columns() {
      return process.stderr.columns || 80
    },
    get rows() {
      return process.stderr.rows || 24
    },
    write: (text) => void process.stderr.write(text),
  }
}

/** One row: a line that wrapped would be counted wrong, and what an agent wrote must not move the cursor. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line).replaceAll(/[\r\n\t]+/g, ' ')
  return plain.length < columns ? plain : `${plain.slice(0, Math.max(0, columns - 2))}…`
}

function bar(share: number): string {
  const width = 12
  const full = Math.floor(width * Math.min(1, share))
  return `${'█'.repeat(full)}${'░'.repeat(width - full)}`
}

function secondsSince(moment: number): number {
  return (Date.now() - moment) / 1000
}

function clock(of: number): string {
  const seconds = Math.floor(of)
  const [minutes, hours] = [Math.floor(seconds / 60), Math.floor(seconds / 3600)]
  const rest = String(seconds % 60).padStart(2, '0')
  return hours > 0
    ? `${hours}:${String(minutes % 60).padStart(2, '0')}:${rest}`
    : `${String(minutes).padStart(2)}:${rest}`
}
