import type { Outcome } from '../record/events.ts'
import { harborTime } from './harbor-time.ts'
import { passAtK } from './pass-at-k.ts'
import type { TrialResult } from './read-trial-result.ts'

export interface JobFacts {
  id: string
  startedAt: Date
  updatedAt: Date
  finishedAt?: Date
  planned: number
  running: number
  /** Trials done again because they were invalid or lost. */
  retries: number
  /** The counted result of each planned trial that has one. */
  results: readonly TrialResult[]
}

/** Harbor's JobResult. Invalid trials are errors and are in no average: they say nothing about the agent. */
export function renderJobResult(facts: JobFacts): Record<string, unknown> {
  const { results } = facts
  const errors = results.filter((r) => r.exception_info)
  return {
    id: facts.id,
    started_at: harborTime(facts.startedAt),
    updated_at: harborTime(facts.updatedAt),
    finished_at: facts.finishedAt ? harborTime(facts.finishedAt) : null,
    n_total_trials: facts.planned,
    stats: {
      n_completed_trials: results.length,
      n_errored_trials: errors.length,
      n_running_trials: facts.running,
      n_pending_trials: Math.max(facts.planned - results.length - facts.running, 0),
      n_cancelled_trials: errors.filter((r) => r.exception_info?.exception_type === 'CancelledError').length,
      n_retries: facts.retries,
      evals: Object.fromEntries([...groupByEval(results)].map(([key, group]) => [key, summarizeEval(group)])),
      n_input_tokens: total(results, 'n_input_tokens'),
      n_cache_tokens: total(results, 'n_cache_tokens'),
      n_output_tokens: total(results, 'n_output_tokens'),
      cost_usd: total(results, 'cost_usd'),
    },
    x_kubemend: { version: 1, outcomes: countOutcomes(results) },
  }
}

/** How many trials ended in which way. */
export function countOutcomes(results: readonly TrialResult[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { solved: 0, unsafe: 0, failed: 0, stopped: 0, 'agent-error': 0, invalid: 0 }
  for (const result of results) counts[result.x_kubemend.outcome]++
  return counts
}

/** By agent, model and dataset, under Harbor's key. */
function groupByEval(results: readonly TrialResult[]): Map<string, TrialResult[]> {
  const groups = new Map<string, TrialResult[]>()
  for (const result of results) {
    const model = result.x_kubemend.agent.model
    const name = model?.slice(model.indexOf('/') + 1)
    const key = [result.agent_info.name, ...(name === undefined ? [] : [name]), result.source ?? 'adhoc'].join('__')
    groups.set(key, [...(groups.get(key) ?? []), result])
  }
  return groups
}

function summarizeEval(results: readonly TrialResult[]): Record<string, unknown> {
  const judged = results.flatMap((r) =>
    r.verifier_result?.rewards ? [{ result: r, rewards: r.verifier_result.rewards }] : [],
  )
  const rewardStats: Record<string, Record<string, string[]>> = {}
  const exceptionStats: Record<string, string[]> = {}
  for (const { result, rewards } of judged)
    for (const [key, value] of Object.entries(rewards)) {
      const byValue = (rewardStats[key] ??= {})
      ;(byValue[String(value)] ??= []).push(result.trial_name)
    }
  for (const { exception_info: error, trial_name } of results)
    if (error) (exceptionStats[error.exception_type] ??= []).push(trial_name)
  return {
    n_trials: judged.length,
    n_errors: Object.values(exceptionStats).flat().length,
    metrics: judged.length === 0 ? [] : [means(judged.map((j) => j.rewards))],
    pass_at_k: passAtK(judged.map(({ result, rewards }) => ({ task: result.task_name, rewards }))),
    reward_stats: rewardStats,
    exception_stats: exceptionStats,
  }
}

/** One reward is called `mean`, several go by their names; a missing one counts 0. */
function means(rewards: readonly Record<string, number>[]): Record<string, number> {
  const keys = [...new Set(rewards.flatMap((r) => Object.keys(r)))]
  const mean = (key: string): number => rewards.reduce((sum, r) => sum + (r[key] ?? 0), 0) / rewards.length
  return Object.fromEntries(keys.map((key) => [keys.length === 1 ? 'mean' : key, mean(key)]))
}

function total(
  results: readonly TrialResult[],
  key: 'n_input_tokens' | 'n_cache_tokens' | 'n_output_tokens' | 'cost_usd',
): number | null {
  const values = results.flatMap((r) => r.agent_result?.[key] ?? [])
  return values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0)
}
