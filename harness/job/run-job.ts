import { randomUUID } from 'node:crypto'
import type { Agent, AgentBudget } from '../../agents/agent.ts'
import type { Provider } from '../../environments/provider.ts'
import type { Verifier } from '../../verifiers/verifier.ts'
import { KubemendError, messageOf } from '../base/errors.ts'
import type { GatewayLimits } from '../gateway/limits.ts'
import type { JobStore } from '../store/job-store.ts'
import type { AgentIdentity, PlannedTrial, TaskIdentity } from '../store/planned-trial.ts'
import { summarizeProgress } from '../store/resume.ts'
import type { TrialFacts } from '../store/trial-result.ts'
import type { Task } from '../task/task.ts'
import type { Purse } from '../trial/budget.ts'
import { runTrial } from '../trial/run.ts'
import { multiplierOf, type Patience, type TimeoutMultipliers, type TrialPrograms } from '../trial/trial-plan.ts'
import { createPurse } from './purse.ts'
import { createClusterPool, type ClusterPool } from './cluster-pool.ts'
import { createSharedClusters, type SharedClusters } from './shared-clusters.ts'

export interface JobOptions {
  store: JobStore
  /** Every task of the plan, by its folder as the plan has it. */
  tasks: ReadonlyMap<string, Task>
  makeAgent: (identity: AgentIdentity) => Agent | Promise<Agent>
  provider: Provider
  verifiers: Readonly<Record<string, Verifier>>
  programs: TrialPrograms
  tools: 'kubectl' | 'typed'
  kubemend: string
  concurrency: number
  agentTimeoutSec: number | undefined
  patience?: Patience
  /** Which tools a variant of an agent gets, where not everybody's. */
  toolsOf?: (identity: AgentIdentity) => 'kubectl' | 'typed' | undefined
  /** What every agent may spend, in place of the task's own figures. */
  budget?: Partial<Omit<AgentBudget, 'timeMs'>>
  /** What all trials may spend together, in US dollars. */
  maxUsd?: number
  /** How tasks that somebody else wrote are run. */
  foreign?: { isStrict: boolean; absentImages: readonly string[]; timeouts: TimeoutMultipliers }
  mcpServer?: readonly string[]
  gatewayLimits?: Partial<GatewayLimits>
  /** Aborted: finish what runs and begin nothing new. */
  drain: AbortSignal
  /** Aborted: end what runs, clean up. */
  stop: AbortSignal
  report: JobReporter
}

/** Who is told how a job goes. */
export interface JobReporter {
  trialStarted(trial: { name: string; planned: PlannedTrial }): void
  trialPhase(trial: { name: string; phase: string }): void
  trialEnded(trial: { name: string; planned: PlannedTrial; facts: TrialFacts }): void
  trialBroke(trial: { name: string; planned: PlannedTrial; because: string }): void
}

export interface JobEnd {
  facts: TrialFacts[]
  /** Trials of the plan that were not begun, or not brought to an end. */
  left: PlannedTrial[]
}

/** Which trials a plan is made of: attempts, then tasks, then agents, the agents of one task next to each other. */
export function planTrials(
  tasks: readonly TaskIdentity[],
  agents: readonly AgentIdentity[],
  attempts: number,
): PlannedTrial[] {
  return Array.from({ length: attempts }, (_, i) => i + 1).flatMap((attempt) =>
    tasks.flatMap((task) => agents.map((agent) => ({ task, agent, attempt }))),
  )
}

/** Runs whatever of the job's plan has no valid result yet; finished trials are never lost or done again. */
export async function runJob(options: JobOptions): Promise<JobEnd> {
  const { store } = options
  await store.claim()
  const progress = summarizeProgress(store.stored.planned, await store.trials())
  const again = [...progress.broken, ...[...progress.invalid, ...progress.stale].map(({ trial }) => trial)]
  for (const trial of again) store.log(`set aside ${await store.setAside(trial.store)}`)
  const queue = [...progress.missing]
  const facts: TrialFacts[] = []
  const left: PlannedTrial[] = []
  const broken = new AbortController()
  const stop = AbortSignal.any([options.stop, broken.signal])
  await using pool = createClusterPool({ ...options, signal: stop })
  await using shared = createSharedClusters({ provider: options.provider, signal: stop })
  options.drain.addEventListener('abort', () => void pool[Symbol.asyncDispose](), { once: true })
  let thinking = 0
  const spent = [...progress.done, ...progress.invalid].map(({ result }) => result.agent_result?.cost_usd ?? 0)
  const purse = options.maxUsd === undefined ? undefined : createPurse(options.maxUsd, spent)
  const slot: Slot = {
    options: { ...options, stop },
    purse,
    pool,
    shared,
    // whoever ends next finds a cluster for what is then the next trial
    onAgentStarts: () => pool.expect(tasksOf(queue.slice(0, ++thinking), options.tasks)),
    onTrialEnds: () => thinking--,
  }
  const worker = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (options.drain.aborted || stop.aborted || purse?.signal.aborted) {
        left.push(next)
        continue
      }
      const done = await runOne(slot, next)
      if (done) facts.push(done)
      else left.push(next)
      await writeJobResult(store, false)
    }
  }
  // a job that cannot write any more ends what still runs before it says so
  const workers = Array.from({ length: Math.max(1, options.concurrency) }, worker)
  const firstError = Promise.all(workers).catch((error: unknown) => {
    broken.abort(error)
    return Promise.allSettled(workers).then(() => Promise.reject(error as Error))
  })
  await firstError
  await writeJobResult(store, left.length === 0)
  return { facts, left }
}

interface Slot {
  options: JobOptions
  pool: ClusterPool
  shared: SharedClusters
  purse: Purse | undefined
  onAgentStarts(): void
  onTrialEnds(): void
}

async function runOne(slot: Slot, planned: PlannedTrial): Promise<TrialFacts | undefined> {
  const { options, pool, purse } = slot
  const { store, report } = options
  const task = options.tasks.get(planned.task.path)
  const trialStore = await store.newTrial(planned.task.name)
  const name = trialStore.name
  let isThinking = false
  report.trialStarted({ name, planned })
  try {
    if (!task) throw new Error(`${planned.task.path} was not loaded`)
    const facts = await runTrial({
      id: randomUUID(),
      planned,
      placed: {
        trialName: name,
        trialsDir: store.dir,
        jobId: store.stored.id,
        environment: store.stored.plan.environment,
        ...(options.agentTimeoutSec === undefined ? {} : { agentTimeoutSec: options.agentTimeoutSec }),
      },
      task,
      agent: await options.makeAgent(planned.agent),
      provider: options.provider,
      store: trialStore,
      verifiers: options.verifiers,
      programs: options.programs,
      budget: {
        timeMs:
          1000 *
          (options.agentTimeoutSec ??
            (task.toml.agent.timeout_sec ?? 600) * multiplierOf(options.foreign ?? {}, 'agent')),
        toolCalls: task.metadata?.budget.tool_calls ?? 500,
        ...(task.metadata?.budget.tokens === undefined ? {} : { tokens: task.metadata.budget.tokens }),
        ...(task.metadata?.budget.usd === undefined ? {} : { usd: task.metadata.budget.usd }),
        ...options.budget,
      },
      ...(purse === undefined ? {} : { purse }),
      tools: options.toolsOf?.(planned.agent) ?? options.tools,
      ...(options.mcpServer === undefined ? {} : { mcpServer: options.mcpServer }),
      ...(options.gatewayLimits === undefined ? {} : { gatewayLimits: options.gatewayLimits }),
      kubemend: options.kubemend,
      ...options.foreign,
      ...(options.patience === undefined ? {} : { patience: options.patience }),
      takeCluster: (wanted) => pool.take(wanted),
      shareCluster: (wanted) => slot.shared.for(wanted),
      signal: options.stop,
      onPhase(phase) {
        report.trialPhase({ name, phase })
        if (phase !== 'agent') return
        isThinking = true
        slot.onAgentStarts()
      },
    })
    // an interrupt leaves trials invalid that were under way, and does not touch what was judged before it
    if (options.stop.aborted && facts.outcome === 'invalid') return undefined
    store.log(`${name} ${facts.outcome}: ${facts.because}`)
    report.trialEnded({ name, planned, facts })
    return facts
  } catch (error) {
    // what a trial throws in our own words is about its folder, and the next trial's would be no better
    if (error instanceof KubemendError) throw error
    store.log(`${name} broke: ${messageOf(error)}`)
    report.trialBroke({ name, planned, because: messageOf(error) })
    return undefined
  } finally {
    if (isThinking) slot.onTrialEnds()
  }
}

function tasksOf(planned: readonly PlannedTrial[], tasks: ReadonlyMap<string, Task>): Task[] {
  return planned.flatMap(({ task }) => tasks.get(task.path) ?? [])
}

/** Job-wide figures from what lies in the folder, so that they are right after a resume too. */
async function writeJobResult(store: JobStore, isFinished: boolean): Promise<void> {
  const progress = summarizeProgress(store.stored.planned, await store.trials())
  const now = new Date()
  await store.writeResult({
    results: [...progress.done, ...progress.invalid].map(({ result }) => result),
    running: progress.running.length,
    retries: progress.stale.length,
    updatedAt: now,
    ...(isFinished ? { finishedAt: now } : {}),
  })
}
