import path from 'node:path'
import type { Provider } from '../../environments/provider.ts'
import { verifiers } from '../../verifiers/library.ts'
import { runJob, type JobEnd, type JobOptions } from '../job/run-job.ts'
import type { JobStore } from '../store/job-store.ts'
import type { AgentIdentity, TaskIdentity } from '../store/planned-trial.ts'
import { summarizeProgress } from '../store/resume.ts'
import { loadTask, type LoadOptions } from '../task/load-task.ts'
import type { Task } from '../task/task.ts'
import { makeAgent, toolsOf } from './agents.ts'
import { createJsonReporter, createLineReporter } from './job-progress.ts'
import { createLiveReporter } from './live-progress.ts'
import { say } from './output.ts'
import { version } from './version.ts'
import { watchInterrupts } from './watch-interrupts.ts'
import { ensureTrialPrograms } from './trial-programs.ts'

/** What a job says of a task. */
export function identityOf(task: Task): TaskIdentity {
  return {
    name: task.name,
    path: path.relative(process.cwd(), task.dir) || '.',
    digest: task.digest,
    ...(task.dataset === undefined ? {} : { dataset: task.dataset }),
  }
}

/** Runs what is left of a job's plan. The first interrupt lets running trials finish, the second ends them. */
export async function runTrials(options: {
  store: JobStore
  provider: Provider
  tools: 'kubectl' | 'typed'
  concurrency: number
  agentTimeoutSec?: number | undefined
  prices?: string | undefined
  /** How tasks are read, where that is not as always. */
  load?: LoadOptions
  /** Who makes agents, where that is not `--agent`. */
  makeAgent?: JobOptions['makeAgent']
  /** Progress as lines of JSON. */
  isJson?: boolean
  more?: Pick<JobOptions, 'budget' | 'maxUsd' | 'mcpServer' | 'gatewayLimits' | 'foreign'>
}): Promise<JobEnd> {
  const { store, provider } = options
  const programs = await ensureTrialPrograms()
  const tasks = new Map<string, Task>()
  for (const { task } of store.stored.planned) {
    if (!tasks.has(task.path)) tasks.set(task.path, await loadTask(task.path, { verifiers, ...options.load }))
  }
  const { done, missing: left } = summarizeProgress(store.stored.planned, await store.trials())
  // a person at work has the terminal to themselves
  const isForPerson = store.stored.planned.some(({ agent }) => agent.name === 'human')
  const tally = { left, done: done.length, concurrency: isForPerson ? 1 : options.concurrency }
  using live = process.stderr.isTTY && !isForPerson && !options.isJson ? createLiveReporter(tally) : undefined
  const note = live ? (line: string): void => live.note(line) : say
  using interrupts = watchInterrupts(undefined, note)
  return await runJob({
    store,
    tasks,
    makeAgent: options.makeAgent ?? ((identity: AgentIdentity) => makeAgent(identity, { prices: options.prices })),
    toolsOf,
    provider,
    verifiers,
    programs,
    tools: options.tools,
    kubemend: version,
    concurrency: isForPerson ? 1 : options.concurrency,
    agentTimeoutSec: options.agentTimeoutSec,
    ...options.more,
    drain: interrupts.drain,
    stop: interrupts.stop,
    report: live ?? (options.isJson ? createJsonReporter(tally) : createLineReporter(tally)),
  })
}
