import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Outcome } from '../record/events.ts'
import { fullTrialConfig, type TrialPlacement } from './harbor-config.ts'
import { harborTime } from './harbor-time.ts'
import type { PlannedTrial } from './planned-trial.ts'
import type { AllVerdicts, TrialExtension } from './read-trial-result.ts'

export interface Span {
  startedAt: Date
  finishedAt: Date
}

/** Everything that a trial's result says. */
export interface TrialFacts {
  id: string
  planned: PlannedTrial
  placed: TrialPlacement
  outcome: Outcome
  /** One sentence for people. */
  because: string
  /** What a foreign task's own tests gave; other trials have a reward of 1 when solved and 0 otherwise. */
  rewards?: Record<string, number>
  agentVersion: string
  usage?: TrialUsage
  toolCalls: number
  /** What went wrong, for every outcome that is not a matter of the verdicts alone. */
  error?: { type: string; message: string; detail?: string; at: Date }
  startedAt: Date
  finishedAt: Date
  spans: { environment?: Span; agentSetup?: Span; agent?: Span; verifier?: Span }
  /** The record's last hash and number of lines, which show later whether it was cut. */
  record?: { head: string; lines: number }
  verdicts?: AllVerdicts
  /** Of a task of several steps: those that were judged. */
  steps?: StepFacts[]
  /** Facts about the trial that others may find useful: versions, cluster, tools. */
  details?: Record<string, unknown>
}

/** What came of one step of a task that has several. */
export interface StepFacts {
  name: string
  rewards: Record<string, number>
  usage: TrialUsage
  agent?: Span
  verifier?: Span
  /** Where its events are in the record. */
  record: { from: number; to: number }
}

export interface TrialUsage {
  inputTokens?: number
  cachedTokens?: number
  outputTokens?: number
  costUsd?: number
}

/** Harbor's TrialResult, in its order, with what is ours under `x_kubemend` at the end. */
export function renderTrialResult(facts: TrialFacts): Record<string, unknown> {
  const { planned, placed, spans, usage = {} } = facts
  const rewards = rewardsOf(facts)
  return {
    id: facts.id,
    task_name: planned.task.name,
    trial_name: placed.trialName,
    trial_uri: pathToFileURL(path.resolve(placed.trialsDir, placed.trialName)).href,
    task_id: { path: planned.task.path },
    source: planned.task.dataset ?? null,
    task_checksum: planned.task.digest.replace(/^sha256:/, ''),
    config: fullTrialConfig(planned, placed),
    agent_info: {
      name: planned.agent.name,
      version: facts.agentVersion,
      model_info: planned.agent.model === undefined ? null : modelInfo(planned.agent.model),
    },
    agent_result: { ...agentResult(usage), metadata: { tool_calls: facts.toolCalls } },
    verifier_result: rewards === undefined ? null : { rewards },
    verifier_environment_mode: facts.steps === undefined ? 'separate' : null,
    exception_info: exceptionInfo(facts),
    started_at: harborTime(facts.startedAt),
    finished_at: harborTime(facts.finishedAt),
    environment_setup: timing(spans.environment),
    agent_setup: timing(spans.agentSetup),
    agent_execution: timing(spans.agent),
    verifier: timing(spans.verifier),
    step_results: facts.steps?.map(renderStep) ?? null,
    x_kubemend: {
      version: 1,
      outcome: facts.outcome,
      because: facts.because,
      attempt: planned.attempt,
      digest: planned.task.digest,
      agent: planned.agent,
      tool_calls: facts.toolCalls,
      ...(facts.verdicts === undefined ? {} : { verdicts: facts.verdicts }),
      ...(facts.record === undefined ? {} : { record: facts.record }),
      ...(facts.details === undefined ? {} : { details: facts.details }),
    } satisfies TrialExtension,
  }
}

function agentResult(usage: TrialUsage): Record<string, unknown> {
  return {
    n_input_tokens: usage.inputTokens ?? null,
    n_cache_tokens: usage.cachedTokens ?? null,
    n_output_tokens: usage.outputTokens ?? null,
    cost_usd: usage.costUsd ?? null,
    model_usage: null,
    rollout_details: null,
  }
}

function renderStep({ name, rewards, usage, agent, verifier }: StepFacts): Record<string, unknown> {
  return {
    step_name: name,
    agent_result: { ...agentResult(usage), metadata: null },
    verifier_result: { rewards },
    exception_info: null,
    agent_execution: timing(agent),
    verifier: timing(verifier),
  }
}

/** An invalid trial has no reward, so that nobody counts it as a failure of the agent. */
function rewardsOf({ outcome, rewards }: TrialFacts): Record<string, number> | undefined {
  if (outcome === 'invalid') return undefined
  return rewards ?? { reward: outcome === 'solved' ? 1 : 0 }
}

/** Harbor counts as errors what has an exception; a repair that failed or was unsafe has none. */
function exceptionInfo({ outcome, because, error, finishedAt }: TrialFacts): Record<string, unknown> | null {
  const type = error?.type ?? exceptionTypes[outcome]
  if (type === undefined) return null
  return {
    exception_type: type,
    exception_message: error?.message ?? because,
    exception_traceback: error?.detail ?? '',
    occurred_at: harborTime(error?.at ?? finishedAt),
  }
}

const exceptionTypes: Partial<Record<Outcome, string>> = {
  stopped: 'AgentTimeoutError',
  'agent-error': 'NonZeroAgentExitCodeError',
  invalid: 'InvalidTrialError',
}

/** `anthropic/x` is the model x of anthropic; a name without a slash has no provider. */
function modelInfo(model: string): Record<string, unknown> {
  const slash = model.indexOf('/')
  return slash === -1
    ? { name: model, provider: null }
    : { name: model.slice(slash + 1), provider: model.slice(0, slash) }
}

function timing(span: Span | undefined): Record<string, unknown> | null {
  return span ? { started_at: harborTime(span.startedAt), finished_at: harborTime(span.finishedAt) } : null
}
