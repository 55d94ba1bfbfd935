import type { Outcome } from '../record/events.ts'
import type { JobPlan } from './harbor-config.ts'
import type { AgentIdentity, PlannedTrial, TaskIdentity } from './planned-trial.ts'
import type { TrialFacts } from './trial-result.ts'

const task = (name: string, digit: string): TaskIdentity => ({
  name,
  path: `tasks/core/${name}`,
  dataset: 'core',
  digest: `sha256:${digit.repeat(64)}`,
})

export const sampleTasks: TaskIdentity[] = [task('checkout', 'a'), task('reporter-rbac', 'b')]
export const sampleAgents: AgentIdentity[] = [
  { name: 'oracle' },
  { name: 'model', model: 'anthropic/a-model', effort: 'high', options: { tools: 'typed' } },
]

export const samplePlan = (jobsDir: string): JobPlan => ({
  jobName: '2026-11-21__01-02-03',
  jobsDir,
  agents: sampleAgents,
  tasks: sampleTasks,
  attempts: 2,
  concurrency: 2,
  environment: { provider: 'node', kubernetes: '1.35' },
  agentTimeoutSec: 600,
})

export const samplePlanned = (): PlannedTrial[] =>
  [1, 2].flatMap((attempt) => sampleTasks.flatMap((t) => sampleAgents.map((agent) => ({ task: t, agent, attempt }))))

/** The facts of a trial that ended in a certain way: for tests of everything that reads jobs. */
export function sampleFacts(
  planned: PlannedTrial,
  placed: { trialName: string; jobsDir: string; jobId: string },
  outcome: Outcome,
  second = 0,
): TrialFacts {
  const at = (offset: number): Date => new Date(Date.UTC(2026, 10, 21, 1, 0, second + offset, 123))
  const { trialName, jobsDir, jobId } = placed
  return {
    id: `00000000-0000-4000-8000-${String(second).padStart(12, '0')}`,
    planned,
    placed: {
      trialName,
      trialsDir: `${jobsDir}/2026-11-21__01-02-03`,
      jobId,
      environment: { provider: 'node', kubernetes: '1.35' },
      agentTimeoutSec: 600,
    },
    outcome,
    because: `It was ${outcome}.`,
    agentVersion: '0.1.0',
    ...(planned.agent.model === undefined
      ? {}
      : { usage: { inputTokens: 1000, cachedTokens: 100, outputTokens: 50, costUsd: 0.25 } }),
    toolCalls: 7,
    startedAt: at(0),
    finishedAt: at(9),
    spans: {
      environment: { startedAt: at(0), finishedAt: at(5) },
      agent: { startedAt: at(5), finishedAt: at(7) },
      verifier: { startedAt: at(7), finishedAt: at(8) },
    },
    record: { head: 'f'.repeat(64), lines: 42 },
  }
}
