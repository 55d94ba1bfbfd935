import type { Outcome } from '../../record/events.ts'
import type { Funnel } from '../../manifest/summarize-funnel.ts'
import type { TaskInfo } from '../model/task-info.ts'
import type { AgentSummary } from '../model/summarize-agents.ts'
import type { TaskQuality } from '../model/task-quality.ts'
import type { TrialRow } from '../model/trial-row.ts'
import type { Story } from '../story/story.ts'

/** What is embedded in each page for the browser: types only, shared by those who write it and those who draw it. */
export type PageData =
  | LeaderboardData
  | AgentData
  | TasksData
  | TaskData
  | TrialsData
  | TrialData
  | CompareData
  | MethodData

export interface SiteFacts {
  title: string
  /** When the pages were made. */
  madeAt: string
  kubemend: string
  trials: number
  tasks: number
  agents: number
  /** Whether pages change while trials run. */
  isLive: boolean
}

interface Page {
  site: SiteFacts
}

export interface LeaderboardData extends Page {
  page: 'leaderboard'
  summaries: AgentSummary[]
  datasets: string[]
  heat: HeatData
  jobs: JobLine[]
  open: OpenLine[]
  /** How far the answers came that manifest tasks want, for each dataset and agent, and what weighs how much in composites. */
  funnels: (Funnel & { dataset: string })[]
  weights: string
}

/** How often each agent solved each task, as short as it can be said: there may be thousands of cells. */
export interface HeatData {
  tasks: string[]
  agents: string[]
  /** The places of task and agent, trials that count, solved and unsafe ones, and the trial where there is only one. */
  cells: [task: number, agent: number, trials: number, solved: number, unsafe: number, trial?: string][]
}

export interface JobLine {
  name: string
  createdAt: string
  planned: number
  ended: number
}

/** A trial without a result yet. */
export interface OpenLine {
  id: string
  task: string
  agent: string
  attempt: number
  state: 'running' | 'crashed' | 'damaged'
  phase: string | undefined
  seconds: number | undefined
}

export interface AgentData extends Page {
  page: 'agent'
  agent: string
  summaries: AgentSummary[]
  rows: TrialLine[]
}

export interface TasksData extends Page {
  page: 'tasks'
  tasks: TaskQuality[]
}

export interface TaskData extends Page {
  page: 'task'
  info: TaskInfo
  quality: TaskQuality
  rows: (TrialLine & { did: string[] })[]
  isHeldOut: boolean
}

export interface TrialsData extends Page {
  page: 'trials'
}

/** A row of a list of trials, short because there may be thousands. */
export type TrialLine = Pick<
  TrialRow,
  'id' | 'task' | 'agent' | 'attempt' | 'outcome' | 'because' | 'seconds' | 'toolCalls' | 'costUsd' | 'job'
>

export interface TrialData extends Page {
  page: 'trial'
  row: TrialRow
  info: Pick<TaskInfo, 'difficulty' | 'category'>
  /** Missing where the task is held out. */
  story: Story | undefined
  /** Whether the evidence is whole: lines checked against the result. */
  chain: { lines: number; head: string } | undefined
  /** The other trials of the task. */
  siblings: { id: string; agent: string; attempt: number; outcome: Outcome }[]
  /** A file of its own, without other pages around. */
  isAlone: boolean
  /** Set for a trial that has no result: its row's outcome means nothing yet. */
  openState?: 'running' | 'crashed' | 'damaged'
}

export interface CompareData extends Page {
  page: 'compare'
  tasks: string[]
  sides: CompareSide[]
}

/** An agent's trials, or those of one job only: `cells[i]` has a letter per trial of `tasks[i]`. */
export interface CompareSide {
  agent: string
  /** Missing for the trials of all jobs. */
  job?: string
  cells: string[]
}

export interface MethodData extends Page {
  page: 'method'
  heldOut: number
  redactions: number | undefined
}

/** What a trial's page is called. */
export function trialTitle({ outcome, task, agent }: Pick<TrialRow, 'outcome' | 'task' | 'agent'>): string {
  return `${outcome}: ${task} by ${agent}`
}

/** A letter per outcome, for compact lists. */
export const outcomeLetters: Record<Outcome, string> = {
  solved: 'S',
  unsafe: 'U',
  failed: 'F',
  stopped: 'T',
  'agent-error': 'E',
  invalid: 'I',
}

/** The name of an agent's or a task's page. */
export function slugOf(name: string): string {
  const clean = name.replaceAll(/[^A-Za-z0-9.-]+/g, '-').replaceAll(/^-+|-+$/g, '')
  const isExact = clean === name && name.length < 80
  return isExact ? clean : `${clean.slice(0, 60)}-${shortHash(name)}`
}

/** FNV-1a, to tell names apart that look alike without their punctuation. */
function shortHash(text: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return (hash >>> 0).toString(36)
}
