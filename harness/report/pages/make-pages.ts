import { equalWeights, wordWeights } from '../../manifest/assess/composite.ts'
import { summarizeFunnels } from '../../manifest/summarize-funnel.ts'
import type { OpenTrial, ReportJob, ReportTrial } from '../model/read-jobs.ts'
import { isOtherScript, isReference } from '../model/reference-agents.ts'
import { countOutcomes, groupBy, summarizeAgents } from '../model/summarize-agents.ts'
import type { TaskInfo } from '../model/task-info.ts'
import { judgeTasks } from '../model/task-quality.ts'
import { isCounted, type TrialRow } from '../model/trial-row.ts'
import type { Story } from '../story/story.ts'
import {
  outcomeLetters,
  type AgentData,
  type CompareData,
  type CompareSide,
  type HeatData,
  type LeaderboardData,
  type MethodData,
  type OpenLine,
  type SiteFacts,
  type TaskData,
  type TasksData,
  type TrialData,
  type TrialLine,
  type TrialsData,
} from './page-data.ts'

/** Everything that the pages of a site are made from. */
export interface Report {
  jobs: ReportJob[]
  trials: ReportTrial[]
  infos: TaskInfo[]
  /** Tasks whose solutions and steps must not be told. */
  heldOut: ReadonlySet<string>
  site: SiteFacts
}

export function makeReport(
  jobs: ReportJob[],
  infos: TaskInfo[],
  options: { title: string; kubemend: string; heldOut?: ReadonlySet<string>; isLive?: boolean; madeAt?: Date },
): Report {
  const heldOut = options.heldOut ?? new Set<string>()
  const trials = jobs
    .flatMap((job) => job.trials)
    .map((trial) => (heldOut.has(trial.row.task) ? withheld(trial) : trial))
  const rows = trials.map(({ row }) => row)
  return {
    jobs,
    trials,
    infos: infos.map((info) => (heldOut.has(info.task) ? { ...info, instruction: undefined } : info)),
    heldOut,
    site: {
      title: options.title,
      madeAt: (options.madeAt ?? new Date()).toISOString(),
      kubemend: options.kubemend,
      trials: rows.length,
      tasks: new Set(rows.map(({ task }) => task)).size,
      agents: new Set(rows.map(({ agent }) => agent)).size,
      isLive: options.isLive ?? false,
    },
  }
}

/** A sentence about why a trial ended as it did tells of the solution. */
function withheld(trial: ReportTrial): ReportTrial {
  return { ...trial, row: { ...trial.row, because: undefined } }
}

export function leaderboardPage(report: Report, open: OpenLine[] = []): LeaderboardData {
  const rows = rowsOf(report)
  return {
    page: 'leaderboard',
    site: report.site,
    summaries: summarizeAgents(rows, report.infos),
    datasets: [...new Set(rows.map(({ dataset }) => dataset))].toSorted(),
    heat: heatOf(rows),
    jobs: report.jobs.map(({ name, createdAt, planned, trials }) => ({
      name,
      createdAt,
      planned,
      ended: trials.length,
    })),
    open,
    funnels: funnelsOf(rows),
    weights: wordWeights(equalWeights),
  }
}

function funnelsOf(rows: readonly TrialRow[]): LeaderboardData['funnels'] {
  const answers = rows.flatMap((row) => (row.manifest && isCounted(row) ? [{ ...row.manifest, ...row }] : []))
  return [...groupBy(answers, ({ dataset }) => dataset)].flatMap(([dataset, own]) =>
    summarizeFunnels(own).map((funnel) => ({ ...funnel, dataset })),
  )
}

export function openLine(open: OpenTrial, phase: string | undefined, now: number = Date.now()): OpenLine {
  const started = Date.parse(open.startedAt)
  const { id, task, agent, attempt, state } = open
  return { id, task, agent, attempt, state, phase, seconds: Number.isNaN(started) ? undefined : (now - started) / 1000 }
}

export function agentPages(report: Report): AgentData[] {
  const rows = rowsOf(report)
  const summaries = summarizeAgents(rows, report.infos)
  return [...groupBy(rows, ({ agent }) => agent)].map(([agent, group]) => ({
    page: 'agent',
    site: report.site,
    agent,
    summaries: summaries.filter((summary) => summary.agent === agent),
    rows: group.map(lineOf),
  }))
}

export function tasksPage(report: Report): TasksData {
  return { page: 'tasks', site: report.site, tasks: judgeTasks(rowsOf(report), report.infos) }
}

/** `did` answers what a trial changed, for telling attempts apart. */
export function taskPages(report: Report, did: (id: string) => string[]): TaskData[] {
  const infos = new Map(report.infos.map((info) => [info.task, info]))
  const groups = groupBy(rowsOf(report), ({ task }) => task)
  return judgeTasks(rowsOf(report), report.infos).flatMap((quality): TaskData[] => {
    const info = infos.get(quality.task)
    if (!info) return []
    const isHeldOut = report.heldOut.has(quality.task)
    const rows = (groups.get(quality.task) ?? []).map((row) => ({ ...lineOf(row), did: isHeldOut ? [] : did(row.id) }))
    return [{ page: 'task', site: report.site, info, quality, rows, isHeldOut }]
  })
}

export function trialsPage(report: Report): TrialsData {
  return { page: 'trials', site: report.site }
}

/** All trials for lists and search: columns, because the names of fields would be most of it. */
export function trialIndex(report: Report): (string | number)[][] {
  return report.trials.map(({ row }) => [
    row.id,
    row.task,
    row.agent,
    row.attempt,
    outcomeLetters[row.outcome],
    Math.round(row.seconds * 10) / 10,
    row.toolCalls,
    row.job,
  ])
}

export function trialPage(parts: Omit<TrialData, 'page' | 'isAlone'> & { isAlone?: boolean }): TrialData {
  return { page: 'trial', isAlone: false, ...parts }
}

/** What a trial's page says of its task. */
export function infoOf(report: Report, task: string): TrialData['info'] {
  const info = report.infos.find((one) => one.task === task)
  return { difficulty: info?.difficulty, category: info?.category }
}

/** The trials of a task, for the pages of each of them. */
export function siblingsOf(rows: readonly TrialRow[]): TrialData['siblings'] {
  return rows.slice(0, 60).map(({ id, agent, attempt, outcome }) => ({ id, agent, attempt, outcome }))
}

export function comparePage(report: Report): CompareData {
  const rows = rowsOf(report)
  const tasks = [...new Set(rows.map(({ task }) => task))].toSorted()
  const place = new Map(tasks.map((task, i) => [task, i]))
  const side = (agent: string, group: readonly TrialRow[], job?: string): CompareSide => {
    const cells: string[] = tasks.map(() => '')
    for (const row of group) {
      const i = place.get(row.task) ?? 0
      cells[i] = (cells[i] ?? '') + outcomeLetters[row.outcome]
    }
    return { agent, cells, ...(job === undefined ? {} : { job }) }
  }
  const byAgent = [...groupBy(rows, ({ agent }) => agent)].map(([agent, group]) => side(agent, group))
  const byJob =
    report.jobs.length < 2
      ? []
      : [...groupBy(rows, ({ agent, job }) => `${job}\n${agent}`).values()].map((group) =>
          side(group[0]?.agent ?? '', group, group[0]?.job),
        )
  // contestants first: they are what is compared unless somebody chooses otherwise
  const sides = [...byAgent, ...byJob.slice(0, 60)].toSorted((a, b) => rankOf(a) - rankOf(b))
  return { page: 'compare', site: report.site, tasks, sides }
}

function rankOf({ agent, job }: CompareSide): number {
  return (isReference(agent) ? 1 : 0) + (job === undefined ? 0 : 2)
}

export function methodPage(report: Report, redactions: number | undefined): MethodData {
  return { page: 'method', site: report.site, heldOut: report.heldOut.size, redactions }
}

/** What a trial did to the cluster, in a few words each: for seeing how attempts differ. */
export function whatItDid(story: Story): string[] {
  const did = new Set<string>()
  for (const step of story.steps) {
    if (step.kind !== 'call') continue
    for (const { object, path, kind, isViolation } of step.changes)
      did.add(`${isViolation ? '! ' : ''}${object} ${path === '' ? kind : `${path} ${kind}`}`)
  }
  return [...did].slice(0, 12)
}

function rowsOf(report: Report): TrialRow[] {
  return report.trials.map(({ row }) => row)
}

function lineOf({ id, task, agent, attempt, outcome, because, seconds, toolCalls, costUsd, job }: TrialRow): TrialLine {
  return { id, task, agent, attempt, outcome, because: shortened(because), seconds, toolCalls, costUsd, job }
}

function shortened(text: string | undefined): string | undefined {
  return text !== undefined && text.length > 240 ? `${text.slice(0, 239)}…` : text
}

function heatOf(rows: readonly TrialRow[]): HeatData {
  const shown = rows.filter(({ agent }) => !isOtherScript(agent))
  const tasks = [...new Set(shown.map(({ task }) => task))].toSorted()
  const agents = [...new Set(shown.map(({ agent }) => agent))].toSorted()
  const [placeOfTask, placeOfAgent] = [tasks, agents].map((names) => new Map(names.map((name, i) => [name, i])))
  const groups = [...groupBy(shown, ({ task, agent }) => `${task}\n${agent}`).values()]
  const hasIds = groups.length <= mostCellsWithIds
  const cells = groups.flatMap((group): HeatData['cells'] => {
    const [first] = group
    const place = first && ([placeOfTask?.get(first.task) ?? 0, placeOfAgent?.get(first.agent) ?? 0] as const)
    const { solved, unsafe, invalid } = countOutcomes(group)
    const trials = group.length - invalid
    if (!first || !place || trials === 0) return []
    const id = hasIds && group.length === 1 ? [first.id] : []
    return [[...place, trials, solved, unsafe, ...id] as HeatData['cells'][number]]
  })
  return { tasks, agents, cells }
}

/** More of them would make the first page heavy; such cells lead to their task's page. */
const mostCellsWithIds = 2000
