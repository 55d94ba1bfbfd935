import path from 'node:path'
import type { Provider } from '../../../environments/provider.ts'
import type { Verifier } from '../../../verifiers/verifier.ts'
import { runJob, type JobReporter } from '../../job/run-job.ts'
import { JobStore } from '../../store/job-store.ts'
import { plannedKey, type PlannedTrial } from '../../store/planned-trial.ts'
import type { TrialFacts } from '../../store/trial-result.ts'
import type { Task } from '../../task/task.ts'
import type { TrialPrograms } from '../../trial/trial-plan.ts'
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

/** What came of a probe, and the trial's facts where there are any. */
export interface Probed {
  probe: Probe
  report: ProbeReport
  facts: TrialFacts | undefined
  /** How the script of an adversary ended. */
  end?: AdversaryEnd
}

/** Runs probes of one task as one job, so that anybody can open it with the tools for jobs. */
export async function runProbes(
  task: Task,
  probes: readonly Probe[],
  at: { jobsDir: string; jobName: string; isHarmEnough?: boolean },
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
  const store = await JobStore.create(
    {
      jobsDir: at.jobsDir,
      jobName: at.jobName,
      agents,
      tasks: [identity],
      attempts: Math.max(...probes.map(({ attempt }) => attempt)),
      concurrency: options.concurrency,
      environment: { provider: options.provider.name, kubernetes: task.cluster?.kubernetes ?? '1.35' },
    },
    planned,
  )
  const factsOf = new Map<string, TrialFacts>()
  const ends = new Map<unknown, AdversaryEnd>()
  const reporter = options.reporter(probes.length)
  await runJob({
    ...options,
    store,
    makeAgent: (agent) => makeProbeAgent(agent, (end) => ends.set(agent.options?.['script'], end)),
    tasks: new Map([[identity.path, task]]),
    tools: 'kubectl',
    agentTimeoutSec: undefined,
    isHarmEnough: at.isHarmEnough === true,
    report: {
      ...reporter,
      trialEnded(ended) {
        factsOf.set(plannedKey(ended.planned), ended.facts)
        reporter.trialEnded(ended)
      },
    },
  })
  return probes.map((probe, i) => {
    const facts = factsOf.get(plannedKey(planned[i] as PlannedTrial))
    const end = ends.get(probe.agent.options?.['script'])
    return { probe, facts, report: reportProbe(probe, facts, store.dir), ...(end ? { end } : {}) }
  })
}
