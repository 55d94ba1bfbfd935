import type { AgentIdentity, PlannedTrial, TaskIdentity } from './planned-trial.ts'

/** Where a job's clusters come from; it is told in Harbor's `environment.kwargs`. */
export interface EnvironmentIdentity {
  provider: string
  kubernetes?: string
  [detail: string]: unknown
}

export interface JobPlan {
  jobName: string
  jobsDir: string
  agents: AgentIdentity[]
  tasks: TaskIdentity[]
  attempts: number
  concurrency: number
  environment: EnvironmentIdentity
  /** The limits on each agent, where there are any. */
  agentTimeoutSec?: number
}

export interface TrialPlacement {
  trialName: string
  trialsDir: string
  jobId: string
  environment: EnvironmentIdentity
  agentTimeoutSec?: number
}

/** Harbor's TrialConfig with every field, in the order in which Harbor 0.24 writes them. */
export function fullTrialConfig(planned: PlannedTrial, placed: TrialPlacement): Record<string, unknown> {
  return {
    task: {
      path: planned.task.path,
      git_url: null,
      git_commit_id: null,
      name: null,
      ref: null,
      overwrite: false,
      download_dir: null,
      source: planned.task.dataset ?? null,
    },
    trial_name: placed.trialName,
    trials_dir: placed.trialsDir,
    install_only: false,
    timeout_multiplier: 1.0,
    agent_timeout_multiplier: null,
    verifier_timeout_multiplier: null,
    agent_setup_timeout_multiplier: null,
    environment_build_timeout_multiplier: null,
    agent: fullAgent(planned.agent, placed.agentTimeoutSec),
    user_agent: null,
    environment: fullEnvironment(placed.environment),
    verifier: { override_timeout_sec: null, max_timeout_sec: null, disable: false },
    artifacts: [],
    extra_instruction_paths: [],
    extra_instructions: [],
    job_id: placed.jobId,
    source_trial: null,
  }
}

/** Harbor's TrialConfig with what is not as it is by default, for `<trial>/config.json`. */
export function trialConfig(planned: PlannedTrial, placed: TrialPlacement): Record<string, unknown> {
  return {
    task: taskConfig(planned.task),
    trial_name: placed.trialName,
    trials_dir: placed.trialsDir,
    agent: agentConfig(planned.agent, placed.agentTimeoutSec),
    environment: environmentConfig(placed.environment),
    job_id: placed.jobId,
  }
}

/** Harbor's JobConfig with what is not as it is by default, for `<job>/config.json`. */
export function jobConfig(plan: JobPlan): Record<string, unknown> {
  return {
    job_name: plan.jobName,
    jobs_dir: plan.jobsDir,
    n_attempts: plan.attempts,
    n_concurrent_trials: plan.concurrency,
    environment: environmentConfig(plan.environment),
    agents: plan.agents.map((agent) => agentConfig(agent, plan.agentTimeoutSec)),
    tasks: plan.tasks.map(taskConfig),
  }
}

/** An agent's settings that Harbor has no field for are its keyword arguments. */
export function agentConfig(agent: AgentIdentity, timeoutSec: number | undefined): Record<string, unknown> {
  const kwargs = agentKwargs(agent)
  return {
    name: agent.name,
    ...(agent.model === undefined ? {} : { model_name: agent.model }),
    ...(timeoutSec === undefined ? {} : { override_timeout_sec: timeoutSec }),
    ...(Object.keys(kwargs).length === 0 ? {} : { kwargs }),
  }
}

/** Harbor knows only its own kinds of environment; any other is a null type with an import path. */
export function environmentConfig(environment: EnvironmentIdentity): Record<string, unknown> {
  return { type: null, import_path: importPath, kwargs: environment }
}

const importPath = 'kubemend:Cluster'

function taskConfig(task: TaskIdentity): Record<string, unknown> {
  return { path: task.path, ...(task.dataset === undefined ? {} : { source: task.dataset }) }
}

function fullAgent(agent: AgentIdentity, timeoutSec: number | undefined): Record<string, unknown> {
  return {
    name: agent.name,
    import_path: null,
    model_name: agent.model ?? null,
    n_concurrent: null,
    concurrency_group: null,
    skills: [],
    override_timeout_sec: timeoutSec ?? null,
    override_setup_timeout_sec: null,
    max_timeout_sec: null,
    resume_trajectory: false,
    load_trajectory: null,
    extra_allowed_hosts: [],
    kwargs: agentKwargs(agent),
    mcp_servers: [],
  }
}

function fullEnvironment(environment: EnvironmentIdentity): Record<string, unknown> {
  return {
    type: null,
    import_path: importPath,
    force_build: false,
    delete: true,
    stream: false,
    cpu_enforcement_policy: 'auto',
    memory_enforcement_policy: 'auto',
    override_cpus: null,
    override_memory_mb: null,
    override_storage_mb: null,
    override_gpus: null,
    override_tpu: null,
    mounts: null,
    extra_docker_compose: [],
    kwargs: environment,
    extra_allowed_hosts: [],
  }
}

function agentKwargs({ effort, options }: AgentIdentity): Record<string, unknown> {
  return { ...(effort === undefined ? {} : { reasoning_effort: effort }), ...options }
}
