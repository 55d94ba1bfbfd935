import { existsSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Provider } from '../../../environments/provider.ts'
import type { Verifier } from '../../../verifiers/verifier.ts'
import { runJob, type JobReporter } from '../../job/run-job.ts'
import type { JobPlan } from '../../store/harbor-config.ts'
import { JobStore } from '../../store/job-store.ts'
import { plannedKey, type PlannedTrial } from '../../store/planned-trial.ts'
import { summarizeProgress } from '../../store/resume.ts'
import type { Task } from '../../task/task.ts'
import type { Patience, TrialPrograms } from '../../trial/trial-plan.ts'
import type { AdversaryEnd } from '../adversary/adversary-agent.ts'
import type { ProbeReport } from './check-report.ts'
import { makeProbeAgent } from './probe-agent.ts'
import { reportProbe, type Probe } from './probe.ts'

/** What it takes to run probes, whatever the task. */
export interface ProbeOptions {
  provider: Provider
  verifiers: Readonly<Record<string, Verifier>>
  programs: TrialPrograms
  kubemend: string
  concurrency: number
  drain: AbortSignal
  stop: AbortSignal
  reporter: (total: number) => JobReporter
}

/** What came of a probe. */
export interface Probed {
  probe: Probe
  report: ProbeReport
  /** Whether its trial was brought to an end at all. */
  isRun: boolean
  /** How the script of an adversary ended. */
  end?: AdversaryEnd
}

/**
 * Runs probes of one task as one job, so that anybody can open it with the tools for jobs. Probes that the job has already
 * a valid trial of are not run again.
 */
export async function runProbes(
  task: Task,
  probes: readonly Probe[],
  at: { jobsDir: string; jobName: string; patience?: Patience },
  options: ProbeOptions,
): Promise<Probed[]> {
  if (probes.length === 0) return []
  const identity = {
    name: task.name,
    path: path.relative(process.cwd(), task.dir) || '.',
    digest: task.digest,
    ...(task.dataset === undefined ? {} : { dataset: task.dataset }),
  }
  const planned = probes.map(({ agent, attempt }): PlannedTrial => ({ task: identity, agent, attempt }))
  const agents = [...new Map(probes.map(({ name, agent }) => [name, agent])).values()]
  const plan = {
    jobsDir: at.jobsDir,
    jobName: at.jobName,
    agents,
    tasks: [identity],
    attempts: Math.max(...probes.map(({ attempt }) => attempt)),
    concurrency: options.concurrency,
    environment: { provider: options.provider.name, kubernetes: task.cluster?.kubernetes ?? '1.35' },
  }
  const store = await openOrCreate(plan, planned)
  await runJob({
    ...options,
    store,
    makeAgent: (agent) => makeProbeAgent(agent, (end) => writeFileSync(endFileOf(agent), JSON.stringify(end))),
    tasks: new Map([[identity.path, task]]),
    tools: 'kubectl',
    agentTimeoutSec: undefined,
    ...(at.patience === undefined ? {} : { patience: at.patience }),
    report: options.reporter(probes.length),
  })
  const progress = summarizeProgress(store.stored.planned, await store.trials())
  const trials = new Map(
    [...progress.invalid, ...progress.done].map((one) => [
      plannedKey(one.planned),
      { ...one.result, dir: one.trial.store.dir },
    ]),
  )
  return Promise.all(
    probes.map(async (probe, i) => {
      const trial = trials.get(plannedKey(planned[i] as PlannedTrial))
      const end = trial && (await readEnd(probe.agent))
      return { probe, isRun: trial !== undefined, report: reportProbe(probe, trial), ...(end ? { end } : {}) }
    }),
  )
}

/** The job of an earlier check of just these probes, where one was interrupted; otherwise a new one. */
async function openOrCreate(plan: JobPlan, planned: readonly PlannedTrial[]): Promise<JobStore> {
  const keys = (of: readonly PlannedTrial[]): string =>
    of
      .map((one) => `${plannedKey(one)} ${one.task.digest}`)
      .toSorted()
      .join('\n')
  for (let count = 1; ; count++) {
    const jobName = count === 1 ? plan.jobName : `${plan.jobName}-${count}`
    const dir = path.join(plan.jobsDir, jobName)
    if (!existsSync(dir)) return JobStore.create({ ...plan, jobName }, planned)
    const store = await JobStore.open(dir)
    if (keys(store.stored.planned) === keys(planned)) return store
  }
}

/** Where the end of an adversary's script is kept: beside the script. */
function endFileOf({ options }: Probe['agent']): string {
  return `${String(options?.['file'])}.end.json`
}

async function readEnd(agent: Probe['agent']): Promise<AdversaryEnd | undefined> {
  if (agent.name !== 'adversary') return undefined
  const text = await readFile(endFileOf(agent), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as AdversaryEnd)
}
