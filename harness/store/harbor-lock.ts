import { agentConfig, environmentConfig, type EnvironmentIdentity } from './harbor-config.ts'
import { harborTime } from './harbor-time.ts'
import type { PlannedTrial } from './planned-trial.ts'

/** Harbor's TrialLock: which task, to the byte, and how it was to be run. */
export function trialLock(
  { task, agent }: PlannedTrial,
  environment: EnvironmentIdentity,
  agentTimeoutSec?: number,
): Record<string, unknown> {
  return {
    schema_version: 2,
    task: {
      name: task.name,
      ...(task.version === undefined ? {} : { version: task.version }),
      type: 'local',
      digest: task.digest,
      ...(task.dataset === undefined ? {} : { source: task.dataset }),
      path: task.path,
    },
    install_only: false,
    timeout_multiplier: 1.0,
    agent: agentConfig(agent, agentTimeoutSec),
    bridge_inputs: {},
    skills: [],
    environment: environmentConfig(environment),
    verifier: { disable: false, environment_mode: 'separate' },
  }
}

/** Harbor's JobLock: all trials of the plan, attempts included. */
export function jobLock(
  planned: readonly PlannedTrial[],
  job: { createdAt: Date; concurrency: number; environment: EnvironmentIdentity; agentTimeoutSec?: number },
): Record<string, unknown> {
  return {
    schema_version: 3,
    created_at: harborTime(job.createdAt),
    harbor: {},
    n_concurrent_trials: job.concurrency,
    retry: { max_retries: 0, wait_multiplier: 1.0, min_wait_sec: 1.0, max_wait_sec: 60.0 },
    trials: planned.map((trial) => trialLock(trial, job.environment, job.agentTimeoutSec)),
  }
}
