import type { AgentSummary } from '../model/summarize-agents.ts'
import type { TrialRow } from '../model/trial-row.ts'
import type { Report } from '../pages/make-pages.ts'
import { judgeTasks } from '../model/task-quality.ts'
import { summarizeAgents } from '../model/summarize-agents.ts'

/** Everything on the site as one document. */
export function resultsJson(report: Report): unknown {
  const rows = report.trials.map(({ row }) => row)
  return {
    version: 1,
    site: report.site,
    jobs: report.jobs.map(({ name, createdAt, planned }) => ({ name, createdAt, planned })),
    agents: summarizeAgents(rows, report.infos),
    tasks: judgeTasks(rows, report.infos),
    trials: rows,
  }
}

/** One line per trial. */
export function resultsCsv(rows: readonly TrialRow[]): string {
  const lines = rows.map((row) => columns.map((column) => csvCell(row[column])).join(','))
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`
}

const columns = [
  'job',
  'trial',
  'task',
  'dataset',
  'digest',
  'agent',
  'model',
  'effort',
  'attempt',
  'outcome',
  'reward',
  'seconds',
  'agentSeconds',
  'toolCalls',
  'inputTokens',
  'cachedTokens',
  'outputTokens',
  'costUsd',
  'startedAt',
  'because',
] as const satisfies (keyof TrialRow)[]

/** RFC 4180; what a spreadsheet would take for a formula is marked as text. */
function csvCell(value: unknown): string {
  if (value === undefined || value === null) return ''
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

/** A job in the plain shape that infra-bench publishes: what was run, and a line per trial. */
export function runJson(
  name: string,
  createdAt: string,
  rows: readonly TrialRow[],
  summaries: AgentSummary[],
): unknown {
  return {
    run_id: name,
    created_at: createdAt,
    datasets: [...new Set(rows.map(({ dataset }) => dataset))],
    n_trials: rows.length,
    n_tasks: new Set(rows.map(({ task }) => task)).size,
    agents: summaries.map((summary) => ({
      agent: summary.agent,
      model: summary.model ?? null,
      dataset: summary.dataset,
      n_trials: summary.counted,
      n_invalid: summary.counts.invalid,
      passed: summary.counts.solved,
      mean_reward: summary.solved?.share ?? null,
      cost_usd: summary.costUsd ?? null,
      tokens: summary.tokens ?? null,
    })),
  }
}

export function runResults(rows: readonly TrialRow[]): unknown[] {
  return rows.map((row) => ({
    task: row.task,
    agent: row.agent,
    model: row.model ?? null,
    effort: row.effort ?? null,
    attempt: row.attempt,
    status: row.outcome,
    reward: row.reward ?? null,
    duration_sec: row.seconds,
    input_tokens: row.inputTokens ?? null,
    cached_tokens: row.cachedTokens ?? null,
    output_tokens: row.outputTokens ?? null,
    cost_usd: row.costUsd ?? null,
    task_digest: row.digest,
  }))
}
