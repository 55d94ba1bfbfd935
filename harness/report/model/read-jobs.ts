import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { InputError } from '../../base/errors.ts'
import { detailsOfAnswer } from '../../manifest/summarize-funnel.ts'
import { JobStore, listJobs, type StoredTrial } from '../../store/job-store.ts'
import type { PlannedTrial } from '../../store/planned-trial.ts'
import type { TrialResult } from '../../store/read-trial-result.ts'
import { summarizeProgress } from '../../store/resume.ts'
import type { TrialStore } from '../../store/trial-store.ts'
import { nameOfAgent } from '../../store/name-of-agent.ts'
import { meanQuality, readAssessments } from './read-assessments.ts'
import type { TrialRow } from './trial-row.ts'

export interface ReportTrial {
  row: TrialRow
  store: TrialStore
  /** The task's folder as the job knew it. */
  taskPath: string
}

/** A trial without a result yet. */
export interface OpenTrial {
  id: string
  job: string
  store: TrialStore
  task: string
  agent: string
  attempt: number
  state: 'running' | 'crashed' | 'damaged'
  startedAt: string
}

export interface ReportJob {
  name: string
  dir: string
  createdAt: string
  planned: number
  trials: ReportTrial[]
  open: OpenTrial[]
}

/** Jobs by their folders; a folder of jobs stands for all of them. */
export async function readJobs(dirs: readonly string[]): Promise<ReportJob[]> {
  const found = await Promise.all(dirs.map(expand))
  const unique = [...new Set(found.flat())]
  const ids = new Set<string>()
  const jobs: ReportJob[] = []
  for (const dir of unique) jobs.push(await readJob(dir, ids))
  return jobs
}

async function expand(dir: string): Promise<string[]> {
  const full = path.resolve(dir)
  const isJob = await readFile(path.join(full, 'kubemend.json')).then(
    () => true,
    () => false,
  )
  if (isJob) return [full]
  const jobs = await listJobs(full)
  if (jobs.length === 0)
    throw new InputError([`${dir}: expected a job's folder, or a folder of jobs`], {
      hint: 'kubemend run writes jobs into results/',
    })
  return jobs
}

async function readJob(dir: string, ids: Set<string>): Promise<ReportJob> {
  const store = await JobStore.open(dir)
  const job = path.basename(dir)
  const stored = await store.trials()
  const { done, invalid } = summarizeProgress(store.stored.planned, stored)
  const trials = await Promise.all(
    [...done, ...invalid].map(async ({ planned, trial, result }) => ({
      row: {
        ...rowOf(planned, result, { id: uniqueId(trial.store.name, job, ids), job }),
        ...(await answerOf(result, trial.store)),
      },
      store: trial.store,
      taskPath: planned.task.path,
    })),
  )
  const open = await Promise.all(
    stored.flatMap((trial) => (trial.state.state === 'finished' ? [] : [openTrial(trial, job, ids)])),
  )
  return { name: job, dir, createdAt: store.stored.createdAt, planned: store.stored.planned.length, trials, open }
}

/** Trials have random names; two jobs that have one in common get theirs in front. */
function uniqueId(name: string, job: string, ids: Set<string>): string {
  const id = ids.has(name) ? `${job}--${name}` : name
  ids.add(id)
  return id.replaceAll(/[^\w.-]/g, '-')
}

function rowOf(planned: PlannedTrial, result: TrialResult, { id, job }: { id: string; job: string }): TrialRow {
  const { outcome, because, attempt, agent, tool_calls, verdicts, record } = result.x_kubemend
  const usage = result.agent_result
  const rewards = result.verifier_result?.rewards
  return {
    id,
    job,
    trial: result.trial_name,
    task: taskIdOf(planned.task.name, planned.task.dataset),
    dataset: planned.task.dataset ?? 'adhoc',
    digest: planned.task.digest,
    agent: nameOfAgent(agent),
    model: agent.model,
    effort: agent.effort,
    attempt,
    outcome,
    reward: rewards ? (rewards['reward'] ?? Object.values(rewards)[0]) : undefined,
    because,
    startedAt: result.started_at,
    seconds: secondsBetween(result.started_at, result.finished_at) ?? 0,
    agentSeconds: secondsBetween(result.agent_execution?.started_at, result.agent_execution?.finished_at),
    toolCalls: tool_calls,
    inputTokens: usage?.n_input_tokens ?? undefined,
    cachedTokens: usage?.n_cache_tokens ?? undefined,
    outputTokens: usage?.n_output_tokens ?? undefined,
    costUsd: usage?.cost_usd ?? undefined,
    verdicts,
    head: record?.head,
  }
}

/** What there is to say of an answer, where the task wanted one. */
async function answerOf({ x_kubemend }: TrialResult, store: TrialStore): Promise<Pick<TrialRow, 'manifest'>> {
  const details = detailsOfAnswer(x_kubemend.details)
  return details ? { manifest: { ...details, quality: meanQuality(await readAssessments(store)) } } : {}
}

/** The dataset's name stands once in front: `kubemend/checkout` of `core` is `core/checkout`. */
export function taskIdOf(name: string, dataset: string | undefined): string {
  const short = name.split('/').at(-1) ?? name
  return dataset === undefined ? short : `${dataset}/${short}`
}

function secondsBetween(from: string | null | undefined, to: string | null | undefined): number | undefined {
  if (!from || !to) return undefined
  return Math.max(0, (Date.parse(to) - Date.parse(from)) / 1000)
}

async function openTrial({ store, state }: StoredTrial, job: string, ids: Set<string>): Promise<OpenTrial> {
  const file = path.join(store.evidenceDir, 'owner.json')
  const owner = await readFile(file, 'utf8').catch(() => '{}')
  const { planned } = parse(owner) as { planned?: PlannedTrial }
  // written when the trial began, and never again
  const began = await stat(file).catch(() => undefined)
  return {
    id: uniqueId(store.name, job, ids),
    job,
    store,
    task: planned ? taskIdOf(planned.task.name, planned.task.dataset) : store.name.replace(/__\w+$/, ''),
    agent: planned ? nameOfAgent(planned.agent) : 'unknown',
    attempt: planned?.attempt ?? 1,
    state: state.state === 'finished' ? 'damaged' : state.state,
    startedAt: began?.mtime.toISOString() ?? '',
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}
