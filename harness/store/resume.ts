import type { StoredTrial } from './job-store.ts'
import { plannedKey, type PlannedTrial } from './planned-trial.ts'
import { plannedOf, type TrialResult } from './read-trial-result.ts'

export interface Progress {
  /** Planned trials with a result that counts. */
  done: { planned: PlannedTrial; trial: StoredTrial; result: TrialResult }[]
  /** Planned trials without a result; those whose only results are invalid are here and in `invalid`. */
  missing: PlannedTrial[]
  invalid: { planned: PlannedTrial; trial: StoredTrial; result: TrialResult }[]
  /** Trials that another living process is at. */
  running: StoredTrial[]
  /** What stopped half-way or cannot be read: to be set aside before the trial is done again. */
  broken: StoredTrial[]
  /** Results of tasks that have changed since, and of trials that are not planned. */
  stale: { trial: StoredTrial; because: string }[]
}

/** What of a plan is done and what is not; the later of two results of the same trial counts. */
export function summarizeProgress(planned: readonly PlannedTrial[], trials: readonly StoredTrial[]): Progress {
  const progress: Progress = { done: [], missing: [], invalid: [], running: [], broken: [], stale: [] }
  const wanted = new Map(planned.map((p) => [plannedKey(p), p]))
  const results = new Map<string, { trial: StoredTrial; result: TrialResult }[]>()
  for (const trial of trials) {
    const { state } = trial
    if (state.state === 'running') progress.running.push(trial)
    else if (state.state !== 'finished') progress.broken.push(trial)
    else {
      const was = plannedOf(state.result)
      const key = plannedKey(was)
      const now = wanted.get(key)
      if (!now) progress.stale.push({ trial, because: 'the plan has no such trial' })
      else if (now.task.digest !== was.task.digest)
        progress.stale.push({ trial, because: `the task ${was.task.name} has changed since` })
      else results.set(key, [...(results.get(key) ?? []), { trial, result: state.result }])
    }
  }
  for (const [key, plan] of wanted) {
    const found = (results.get(key) ?? []).toSorted((a, b) => (a.result.finished_at < b.result.finished_at ? 1 : -1))
    const counted = found.find(({ result }) => result.x_kubemend.outcome !== 'invalid')
    if (counted) progress.done.push({ planned: plan, ...counted })
    else {
      progress.missing.push(plan)
      for (const one of found) progress.invalid.push({ planned: plan, ...one })
    }
  }
  return progress
}
