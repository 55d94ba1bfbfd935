import type { Outcome } from '../../record/events.ts'
import type { Rate } from '../statistics/clustered-rate.ts'
import { wilsonInterval } from '../statistics/interval.ts'
import { isReference } from './reference-agents.ts'
import { countOutcomes, groupBy, isSolved } from './summarize-agents.ts'
import type { TaskInfo } from './task-info.ts'
import { isCounted, type TrialRow } from './trial-row.ts'

/** What many trials of a task say about the task. */
export interface TaskQuality {
  task: string
  difficulty: string | undefined
  category: string | undefined
  trials: number
  counts: Record<Outcome, number>
  solved: Pick<Rate, 'share' | 'low' | 'high'> | undefined
  /** Bands of the solved share over all agents that are not references: above 2/3 easy, below 1/3 hard. */
  observed: 'easy' | 'medium' | 'hard' | undefined
  findings: TaskFinding[]
  cells: { agent: string; outcomes: Outcome[]; solved: number; trials: number }[]
}

export type TaskFinding =
  | 'harder than declared'
  | 'easier than declared'
  | 'the oracle does not always solve it'
  | 'solved by doing nothing'
  | 'everybody solves it'
  | 'nobody solves it'
  | 'an agent solves it only sometimes'
  | 'invalid trials'

/** One entry per task, in the order of their names. */
export function judgeTasks(rows: readonly TrialRow[], infos: readonly TaskInfo[]): TaskQuality[] {
  const info = new Map(infos.map((i) => [i.task, i]))
  return [...groupBy(rows, ({ task }) => task)]
    .map(([task, group]) => judgeTask(task, group, info.get(task)))
    .toSorted((a, b) => (a.task < b.task ? -1 : 1))
}

function judgeTask(task: string, rows: readonly TrialRow[], info: TaskInfo | undefined): TaskQuality {
  const counted = rows.filter(isCounted)
  const tested = counted.filter((row) => !isReference(row.agent))
  const solved = tested.filter(isSolved).length
  const share = tested.length === 0 ? undefined : solved / tested.length
  const observed = share === undefined ? undefined : share >= 2 / 3 ? 'easy' : share < 1 / 3 ? 'hard' : 'medium'
  const cells = [...groupBy(counted, ({ agent }) => agent)].map(([agent, group]) => ({
    agent,
    outcomes: group.toSorted((a, b) => a.attempt - b.attempt).map(({ outcome }) => outcome),
    solved: group.filter(isSolved).length,
    trials: group.length,
  }))
  return {
    task,
    difficulty: info?.difficulty,
    category: info?.category,
    trials: rows.length,
    counts: countOutcomes(rows),
    solved: share === undefined ? undefined : { share, ...wilsonInterval(share, tested.length) },
    observed,
    findings: findingsOf({ rows, counted, tested, share, observed, declared: info?.difficulty, cells }),
    cells: cells.toSorted((a, b) => (a.agent < b.agent ? -1 : 1)),
  }
}

function findingsOf(facts: {
  rows: readonly TrialRow[]
  counted: readonly TrialRow[]
  tested: readonly TrialRow[]
  share: number | undefined
  observed: 'easy' | 'medium' | 'hard' | undefined
  declared: string | undefined
  cells: TaskQuality['cells']
}): TaskFinding[] {
  const { rows, counted, tested, share, observed, declared, cells } = facts
  const findings: TaskFinding[] = []
  const order = ['easy', 'medium', 'hard']
  const gap = observed && declared ? order.indexOf(observed) - order.indexOf(declared) : 0
  const isEnough = tested.length >= 4
  if (counted.some((row) => row.agent === 'oracle' && !isSolved(row)))
    findings.push('the oracle does not always solve it')
  if (counted.some((row) => row.agent === 'nop' && isSolved(row))) findings.push('solved by doing nothing')
  if (isEnough && gap > 0) findings.push('harder than declared')
  if (isEnough && gap < 0) findings.push('easier than declared')
  const agents = cells.filter(({ agent }) => !isReference(agent))
  if (agents.length > 1 && share === 1) findings.push('everybody solves it')
  if (agents.length > 1 && share === 0) findings.push('nobody solves it')
  if (agents.some(({ solved, trials }) => solved > 0 && solved < trials))
    findings.push('an agent solves it only sometimes')
  if (rows.length > counted.length) findings.push('invalid trials')
  return findings
}
