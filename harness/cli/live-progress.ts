import { stripVTControlCharacters } from 'node:util'
import type { JobReporter } from '../job/run-job.ts'
import { nameOfAgent } from '../store/name-of-agent.ts'

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
  startedAt: number
}

/** Keeps what is under way in place at the bottom of a terminal; what has ended scrolls up above it. */
export function createLiveReporter(total: number, screen: Screen = stderrScreen()): LiveReporter {
  const running = new Map<string, Running>()
  const counts = new Map<string, number>()
  const startedAt = Date.now()
  let drawn = 0
  let ended = 0

  const erase = (): string => (drawn === 0 ? '' : `\u001B[${drawn}A\u001B[0J`)
  const draw = (above = ''): void => {
    const lines = view().slice(-Math.max(1, screen.rows - 1))
    screen.write(`${erase()}${above}${lines.map((line) => `${cut(line, screen.columns)}\n`).join('')}`)
    drawn = lines.length
  }
  const view = (): string[] => [
    ...[...running.values()].map(
      ({ what, phase, startedAt: since }) => `  ${phase.padEnd(14)} ${clock(since)}  ${what}`,
    ),
    [
      `  ${ended}/${total} ended in ${clock(startedAt).trim()}`,
      ...[...counts].map(([outcome, count]) => `${count} ${outcome}`),
      `${running.size} under way`,
    ].join(' · '),
  ]
  const end = (name: string, outcome: string, because: string): void => {
    const trial = running.get(name)
    running.delete(name)
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
    ended++
    const took = trial ? ` in ${clock(trial.startedAt).trim()}` : ''
    draw(`${cut(`${outcome.padEnd(11)} ${trial?.what ?? name}${took}: ${because}`, screen.columns)}\n`)
  }
  const timer = setInterval(draw, 500)
  timer.unref()
  return {
    trialStarted({ name, planned }) {
      const attempt = planned.attempt > 1 ? ` #${planned.attempt}` : ''
      const what = `${planned.task.name} x ${nameOfAgent(planned.agent)}${attempt}`
      running.set(name, { what, phase: 'begins', startedAt: Date.now() })
      draw()
    },
    trialPhase({ name, phase }) {
      const trial = running.get(name)
      if (trial) trial.phase = phase
      draw()
    },
    trialEnded: ({ name, facts }) => end(name, facts.outcome, facts.because),
    trialBroke: ({ name, because }) => end(name, 'broken', because),
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
      return process.stderr.columns ?? 80
    },
    get rows() {
      return process.stderr.rows ?? 24
    },
    write: (text) => void process.stderr.write(text),
  }
}

/** One row: a line that wrapped would be counted wrong, and what an agent wrote must not move the cursor. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line).replaceAll(/[\r\n\t]+/g, ' ')
  return plain.length < columns ? plain : `${plain.slice(0, Math.max(0, columns - 2))}…`
}

function clock(since: number): string {
  const seconds = Math.floor((Date.now() - since) / 1000)
  return `${String(Math.floor(seconds / 60)).padStart(2)}:${String(seconds % 60).padStart(2, '0')}`
}
