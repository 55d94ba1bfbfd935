/**
 * ATIF, Harbor's format for what an agent did: types and the version that we write. Every object is closed; what is ours
 * lives under `extra` only.
 */
export const atifVersion = 'ATIF-v1.7'

export interface AtifTrajectory {
  schema_version: string
  session_id?: string
  trajectory_id?: string
  agent: AtifAgent
  steps: AtifStep[]
  notes?: string
  final_metrics?: AtifFinalMetrics
  continued_trajectory_ref?: string
  extra?: Extra
  subagent_trajectories?: AtifTrajectory[]
}

export interface AtifAgent {
  name: string
  version: string
  model_name?: string
  /** OpenAI's function schema. */
  tool_definitions?: Record<string, unknown>[]
  extra?: Extra
}

export interface AtifStep {
  /** 1 for the first, then without gaps. */
  step_id: number
  timestamp?: string
  source: 'system' | 'user' | 'agent'
  model_name?: string
  reasoning_effort?: string | number
  message: AtifContent
  reasoning_content?: string
  tool_calls?: AtifToolCall[]
  observation?: { results: AtifObservation[] }
  metrics?: AtifMetrics
  is_copied_context?: boolean
  /** 0 on a step that no model took part in; missing where nobody counted. */
  llm_call_count?: number
  extra?: Extra
}

export interface AtifToolCall {
  tool_call_id: string
  function_name: string
  arguments: Record<string, unknown>
  extra?: Extra
}

export interface AtifObservation {
  source_call_id?: string
  content?: AtifContent
  subagent_trajectory_ref?: AtifSubagentRef[]
  extra?: Extra
}

export interface AtifSubagentRef {
  trajectory_id?: string
  session_id?: string
  trajectory_path?: string
  extra?: Extra
}

export interface AtifMetrics {
  /** Cached ones included. */
  prompt_tokens?: number
  completion_tokens?: number
  cached_tokens?: number
  cost_usd?: number
  prompt_token_ids?: number[]
  completion_token_ids?: number[]
  logprobs?: number[]
  extra?: Extra
}

export interface AtifFinalMetrics {
  total_prompt_tokens?: number
  total_completion_tokens?: number
  total_cached_tokens?: number
  total_cost_usd?: number
  total_steps?: number
  extra?: Extra
}

export type AtifContent = string | AtifContentPart[]

export type AtifContentPart =
  | { type: 'text'; text: string }
  | { type: 'image'; source: { media_type: string; path: string } }
  | { type: 'audio'; source: { media_type: string; path: string; duration_sec?: number } }

type Extra = Record<string, unknown>
