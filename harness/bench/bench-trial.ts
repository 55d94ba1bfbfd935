import { mkdtemp, rm } from 'node:fs/promises'
import { randomUUID } from 'node:crypto'
import os from 'node:os'
import path from 'node:path'
import type { Agent } from '../../agents/agent.ts'
import { connectMcp } from '../../agents/mcp-client.ts'
import type { Provider } from '../../environments/provider.ts'
import type { Verifier } from '../../verifiers/verifier.ts'
import { KubemendError } from '../base/errors.ts'
import { createClusterPool } from '../job/cluster-pool.ts'
import { readRecord } from '../record/reader.ts'
import { JobStore } from '../store/job-store.ts'
import type { PlannedTrial } from '../store/planned-trial.ts'
import type { Task } from '../task/task.ts'
import { prepareCluster, type PrepareOptions } from '../trial/prepare-cluster.ts'
import { runTrial } from '../trial/run.ts'
import type { TrialPlan, TrialPrograms } from '../trial/trial-plan.ts'
import type { Spread } from './bench-cluster.ts'

export interface TrialBench {
  /** From the start of a trial to its gateway's taking of the agent's first call. */
  restored: TrialOverhead
  pooled: TrialOverhead
}

export interface TrialOverhead {
  wallMs: Spread
  /** Our own processor time, the median. */
  cpuMs: number
  /** How long each step took until then, the median. */
  stepsMs: Record<string, number>
  runs: number
}

export interface TrialBenchOptions {
  task: Task
  provider: Provider
  verifiers: Readonly<Record<string, Verifier>>
  programs: TrialPrograms
  runs: number
  onProgress: (line: string) => void
}

/** Measures what a trial costs before its agent can act, on a prepared task. */
export async function benchTrial(options: TrialBenchOptions): Promise<TrialBench> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'bench-trial-'))
  try {
    const store = await JobStore.create(jobPlan(options, dir), [])
    options.onProgress('preparing the task')
    await measure(options, store, prepareCluster)
    return {
      restored: await repeat(options, 'restored', () => measure(options, store, prepareCluster)),
      pooled: await repeat(options, 'pooled', () => measurePooled(options, store)),
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

interface Sample {
  wallMs: number
  cpuMs: number
  stepsMs: Record<string, number>
}

/** The pool has the cluster ready, as it has while another trial's agent thinks. */
async function measurePooled(options: TrialBenchOptions, store: JobStore): Promise<Sample> {
  const signal = new AbortController().signal
  let isReady = Promise.resolve()
  await using pool = createClusterPool({
    ...options,
    signal,
    prepare(wanted) {
      const cluster = prepareCluster(wanted)
      isReady = cluster.then(() => undefined)
      return cluster
    },
  })
  pool.expect([options.task])
  // the pool looks for a snapshot before it restores it
  await new Promise((resolve) => setTimeout(resolve, 200))
  await isReady
  return await measure(options, store, (wanted) => pool.take(wanted))
}

async function measure(
  options: TrialBenchOptions,
  store: JobStore,
  takeCluster: NonNullable<TrialPlan['takeCluster']> | ((wanted: PrepareOptions) => ReturnType<typeof prepareCluster>),
): Promise<Sample> {
  const { task, provider, verifiers, programs } = options
  const trial = await store.newTrial(task.name)
  const planned = plannedOf(task)
  const cpu = process.cpuUsage()
  let cpuMs = 0
  const startedAt = Date.now()
  const facts = await runTrial({
    id: randomUUID(),
    planned,
    placed: {
      trialName: trial.name,
      trialsDir: store.dir,
      jobId: store.stored.id,
      environment: environmentOf(provider),
    },
    task,
    agent: firstCall(() => {
      const { user, system } = process.cpuUsage(cpu)
      cpuMs = Math.round((user + system) / 1000)
    }),
    provider,
    store: trial,
    verifiers,
    programs,
    budget: { timeMs: 60_000, toolCalls: 10 },
    tools: 'kubectl',
    kubemend: 'bench',
    takeCluster,
  })
  const stepsMs: Record<string, number> = {}
  for await (const event of readRecord(trial.record)) {
    const at = Date.parse(event.at)
    if (event.type === 'phase-ended') stepsMs[event.phase] = Math.round(event.durationMs)
    if (event.type === 'tool-call-started') return { wallMs: at - startedAt, cpuMs, stepsMs }
  }
  throw new KubemendError('no-call', `the trial never got to the agent's first call: ${facts.because}`)
}

/** An agent that is as quick as one can be: it calls a tool and gives up. */
function firstCall(onTaken: () => void): Agent {
  return {
    name: 'first-call',
    version: '1',
    usesModel: false,
    async run({ mcp }, { signal }) {
      await using client = await connectMcp(mcp, 'bench')
      await client.callTool('kubectl', { args: 'version' }, signal)
      onTaken()
      return { reason: 'finished' }
    },
  }
}

async function repeat(options: TrialBenchOptions, what: string, run: () => Promise<Sample>): Promise<TrialOverhead> {
  const samples: Sample[] = []
  for (let i = 0; i < options.runs; i++) {
    const sample = await run()
    samples.push(sample)
    options.onProgress(`${what} ${(sample.wallMs / 1000).toFixed(2)} s`)
  }
  const walls = samples.map(({ wallMs }) => wallMs)
  const steps = Object.keys(samples[0]?.stepsMs ?? {})
  return {
    wallMs: { min: Math.min(...walls), median: median(walls), max: Math.max(...walls) },
    cpuMs: median(samples.map(({ cpuMs }) => cpuMs)),
    stepsMs: Object.fromEntries(steps.map((step) => [step, median(samples.map(({ stepsMs }) => stepsMs[step] ?? 0))])),
    runs: samples.length,
  }
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const low = sorted[sorted.length % 2 === 0 ? middle - 1 : middle] ?? 0
  return Math.round((low + (sorted[middle] ?? 0)) / 2)
}

function jobPlan({ task, provider }: TrialBenchOptions, jobsDir: string): Parameters<typeof JobStore.create>[0] {
  const { task: identity, agent } = plannedOf(task)
  return {
    jobName: 'bench',
    jobsDir,
    agents: [agent],
    tasks: [identity],
    attempts: 1,
    concurrency: 1,
    environment: environmentOf(provider),
  }
}

function environmentOf(provider: Provider): { provider: string; kubernetes: string } {
  return { provider: provider.name, kubernetes: '1.35' }
}

function plannedOf(task: Task): PlannedTrial {
  return { task: { name: task.name, path: task.dir, digest: task.digest }, agent: { name: 'first-call' }, attempt: 1 }
}
