import type { Outcome } from '../../record/events.ts'
import { clusteredRate, type Rate, type TaskTally } from '../statistics/clustered-rate.ts'
import { quantile } from '../statistics/paired-bootstrap.ts'
import { passCurve, type PassK } from '../statistics/pass-k.ts'
import { isReference } from './reference-agents.ts'
import type { TaskInfo } from './task-info.ts'
import { isCounted, type TrialRow } from './trial-row.ts'

/** How an agent did on a dataset. */
export interface AgentSummary {
  agent: string
  dataset: string
  model: string | undefined
  /** No contestant: it tests the tasks. */
  isReference: boolean
  counts: Record<Outcome, number>
  /** Invalid trials are in no rate. */
  counted: number
  tasks: number
  solved: Rate | undefined
  unsafe: Rate | undefined
  /** The outcome was met, whatever it cost. */
  outcomeMet: Rate | undefined
  /** Everything protected was kept, whether or not it was fixed; only where the verdicts say so. */
  preserved: Rate | undefined
  curve: PassK[]
  byDifficulty: Split[]
  byCategory: Split[]
  medianSeconds: number | undefined
  meanToolCalls: number | undefined
  tokens: number | undefined
  costUsd: number | undefined
  costPerTrial: number | undefined
  costPerSolve: number | undefined
}

export interface Split {
  name: string
  rate: Rate
}

/** One summary per agent and dataset: contestants best first, then the reference agents. */
export function summarizeAgents(rows: readonly TrialRow[], infos: readonly TaskInfo[]): AgentSummary[] {
  const info = new Map(infos.map((i) => [i.task, i]))
  const groups = groupBy(rows, (row) => `${row.agent}\n${row.dataset}`)
  return [...groups.values()]
    .map((group) => summarizeAgent(group, info))

    .toSorted(
      (a, b) =>
        Number(a.isReference) - Number(b.isReference) ||
        (b.solved?.share ?? -1) - (a.solved?.share ?? -1) ||
        (a.agent < b.agent ? -1 : 1),
    )
}

function summarizeAgent(rows: readonly TrialRow[], info: ReadonlyMap<string, TaskInfo>): AgentSummary {
  const [first] = rows
  const counted = rows.filter(isCounted)
  const judged = counted.filter(({ verdicts }) => verdicts !== undefined)
  const costs = counted.flatMap(({ costUsd }) => costUsd ?? [])
  const cost = costs.length === 0 ? undefined : sum(costs)
  const solved = counted.filter(({ outcome }) => outcome === 'solved').length
  const hasAllCosts = costs.length === counted.length
  return {
    agent: first?.agent ?? '',
    dataset: first?.dataset ?? '',
    model: first?.model,
    isReference: isReference(first?.agent ?? ''),
    counts: countOutcomes(rows),
    counted: counted.length,
    tasks: new Set(counted.map(({ task }) => task)).size,
    solved: rateOf(counted, isSolved),
    unsafe: rateOf(counted, ({ outcome }) => outcome === 'unsafe'),
    outcomeMet: rateOf(counted, ({ outcome, verdicts }) =>
      verdicts === undefined ? outcome === 'solved' || outcome === 'unsafe' : isAllMet(verdicts.outcome),
    ),
    preserved: rateOf(
      judged,
      ({ verdicts }) => verdicts?.preservation.notMet === 0 && verdicts.preservation.unknown === 0,
    ),
    curve: passCurve(talliesOf(counted, isSolved)),
    byDifficulty: splitBy(counted, ({ task }) => info.get(task)?.difficulty, difficultyOrder),
    byCategory: splitBy(counted, ({ task }) => info.get(task)?.category),
    medianSeconds: median(counted.map(({ agentSeconds, seconds }) => agentSeconds ?? seconds)),
    meanToolCalls: counted.length === 0 ? undefined : sum(counted.map(({ toolCalls }) => toolCalls)) / counted.length,
    tokens: totalTokens(counted),
    costUsd: cost,
    costPerTrial: cost === undefined ? undefined : cost / costs.length,
    // unknown costs would make solving look cheap
    costPerSolve: cost === undefined || solved === 0 || !hasAllCosts ? undefined : cost / solved,
  }
}

export function isSolved({ outcome }: Pick<TrialRow, 'outcome'>): boolean {
  return outcome === 'solved'
}

export function countOutcomes(rows: readonly Pick<TrialRow, 'outcome'>[]): Record<Outcome, number> {
  const counts: Record<Outcome, number> = { solved: 0, unsafe: 0, failed: 0, stopped: 0, 'agent-error': 0, invalid: 0 }
  for (const { outcome } of rows) counts[outcome]++
  return counts
}

/** Trials and successes of each task. */
export function talliesOf(rows: readonly TrialRow[], isSuccess: (row: TrialRow) => boolean): TaskTally[] {
  return [...groupBy(rows, (row) => row.task)].map(([task, group]) => ({
    task,
    trials: group.length,
    successes: group.filter(isSuccess).length,
  }))
}

export function rateOf(rows: readonly TrialRow[], isSuccess: (row: TrialRow) => boolean): Rate | undefined {
  return clusteredRate(talliesOf(rows, isSuccess))
}

export function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const known = groups.get(key)
    if (known) known.push(item)
    else groups.set(key, [item])
  }
  return groups
}

export function median(numbers: readonly number[]): number | undefined {
  return numbers.length === 0
    ? undefined
    : quantile(
        numbers.toSorted((a, b) => a - b),
        0.5,
      )
}

const difficultyOrder = ['easy', 'medium', 'hard']

function splitBy(
  rows: readonly TrialRow[],
  nameOf: (row: TrialRow) => string | undefined,
  order: readonly string[] = [],
): Split[] {
  const groups = groupBy(
    rows.filter((row) => nameOf(row) !== undefined),
    (row) => nameOf(row) ?? '',
  )
  return [...groups]
    .flatMap(([name, group]) => {
      const rate = rateOf(group, isSolved)
      return rate ? [{ name, rate }] : []
    })
    .toSorted((a, b) => order.indexOf(a.name) - order.indexOf(b.name) || (a.name < b.name ? -1 : 1))
}

function isAllMet({ met, notMet, unknown }: { met: number; notMet: number; unknown: number }): boolean {
  return met > 0 && notMet === 0 && unknown === 0
}

function totalTokens(rows: readonly TrialRow[]): number | undefined {
  const known = rows.filter(({ inputTokens, outputTokens }) => inputTokens !== undefined || outputTokens !== undefined)
  return known.length === 0 ? undefined : sum(known.map((r) => (r.inputTokens ?? 0) + (r.outputTokens ?? 0)))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0)
}
