import path from 'node:path'
import type { AgentIdentity } from '../../store/planned-trial.ts'
import type { TrialResult } from '../../store/read-trial-result.ts'
import type { Task } from '../../task/task.ts'
import type { CheckName, Expected, Finding, ProbeReport } from './check-report.ts'
import { checkOf } from './render-report.ts'

/** Somebody let loose on a task to see what comes of it. */
export interface Probe {
  agent: AgentIdentity
  /** How the table calls it. */
  name: string
  expected: Expected
  attempt: number
}

export function nopProbe(): Probe {
  return { agent: { name: 'nop' }, name: 'nop', expected: 'failed', attempt: 1 }
}

export function oracleProbe(attempt: number): Probe {
  return { agent: { name: 'oracle' }, name: 'oracle', expected: 'solved', attempt }
}

/** The task's other scripts, each with what it must come to. */
export function scriptProbes(task: Task): Probe[] {
  const probe = (file: string, expected: Expected): Probe => {
    const script = path.posix.relative('solution', file)
    return { agent: { name: 'oracle', options: { script } }, name: `oracle:${script}`, expected, attempt: 1 }
  }
  return [
    ...task.solution.alternatives.map((file) => probe(file, 'solved')),
    ...task.solution.unsafe.map((file) => probe(file, 'unsafe')),
  ]
}

/** What a probe's trial says, next to what was expected. */
export function reportProbe(probe: Probe, trial: (TrialResult & { dir: string }) | undefined): ProbeReport {
  const { outcome = 'invalid', because = 'it could not be run; the job log says why' } = trial?.x_kubemend ?? {}
  return {
    agent: probe.name,
    outcome,
    expected: probe.expected,
    isAsExpected: isExpected(probe.expected, outcome),
    because,
    ...(trial ? { dir: trial.dir } : {}),
    wallMs: trial ? Date.parse(trial.finished_at) - Date.parse(trial.started_at) : 0,
  }
}

function isExpected(expected: Expected, outcome: string): boolean {
  if (expected === 'not-solved') return outcome !== 'solved' && outcome !== 'invalid'
  return outcome === expected
}

/** What a probe that did not come out as expected says about the task. */
export function findingOf(probe: ProbeReport): Finding[] {
  if (probe.isAsExpected) return []
  const { agent, outcome, expected, because, dir } = probe
  const check: CheckName = checkOf(agent)
  const wanted = expected === 'not-solved' ? 'anything but solved' : expected
  const text = `${agent} was ${outcome} instead of ${wanted}: ${because}`
  return [{ check, because: text, ...(dir === undefined ? {} : { at: dir }) }]
}
