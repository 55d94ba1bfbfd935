import type { GatewayEvent } from './gateway-event.ts'

/**
 * Everything that happens in a trial, on one clock: types and their version. Recorder, readers, trajectory and viewer
 * depend on this format and not on each other. A change that old readers would misread raises the version, and
 * reader.ts gets the step that upgrades what was written before.
 */
export const recordVersion = 1

/** How a trial ended. Only `solved` earns reward 1; `invalid` is our or the task's fault and counts for nobody. */
export type Outcome = 'solved' | 'unsafe' | 'failed' | 'stopped' | 'agent-error' | 'invalid'

/** When something was recorded: order, wall clock, and milliseconds since the record began (monotonic). */
export interface Stamp {
  seq: number
  at: string
  ms: number
}

export type RecordedEvent = Stamp & TrialEvent

export type TrialEvent =
  | RecordStarted
  | PhaseStarted
  | PhaseEnded
  | AgentStarted
  | AgentEnded
  | Prompt
  | AgentMessage
  | GatewayEvent
  | AuditedRequest
  | StateChange
  | WatchGap
  | Budget
  | Verdict
  | IntegrityFinding
  | TrialOutcome
  | TrialError
  | Note
  | RecordEnded

/**
 * What stands in the file in place of a string beyond the recorder's limit: it is kept once, as `blobs/<sha256>` beside
 * the record. The reader puts the string back.
 */
export interface StoredText {
  $blob: string
  bytes: number
  /** The beginning, for people who read the record as it is. */
  start: string
  /** Bytes left out of the middle because there were too many to keep. */
  leftOut?: number
}

export interface RecordStarted {
  type: 'record-started'
  version: number
  trial: string
  task: string
  agent: string
  kubemend: string
}

export interface RecordEnded {
  type: 'record-ended'
}

export interface PhaseStarted {
  type: 'phase-started'
  phase: string
  /** Unique in the trial; phases may be inside each other and overlap. */
  span: string
  parent?: string
}

export interface PhaseEnded {
  type: 'phase-ended'
  phase: string
  span: string
  durationMs: number
  /** Why the phase did not do what it was for. */
  failedBecause?: string
}

export interface AgentStarted {
  type: 'agent-started'
  name: string
  version: string
  model?: string
  /** Whether its steps come from a model: not so for oracle, nop, replay and human. */
  usesModel: boolean
}

export interface AgentEnded {
  type: 'agent-ended'
  reason: 'submitted' | 'finished' | 'budget' | 'error' | 'provider' | 'interrupted'
  because?: string
}

/** What the agent was told: its system prompt, the instruction, a remark in between. */
export interface Prompt {
  type: 'prompt'
  role: 'system' | 'user'
  text: string
  /** Said when the agent's context was changed under it; ATIF's words. */
  context?: { type: 'compaction' | 'pruning' | 'injection'; boundary: 'replace' | 'append' | 'truncate' }
}

export interface Usage {
  /** All input tokens, cached ones included. */
  inputTokens?: number
  outputTokens?: number
  cachedTokens?: number
  /** Of the input, what was written to the provider's cache, where that has a price of its own. */
  cacheWriteTokens?: number
}

/** One answer of the agent's model. */
export interface AgentMessage {
  type: 'agent-message'
  text: string
  reasoning?: string
  model?: string
  effort?: string | number
  usage?: Usage
  costUsd?: number
  durationMs?: number
  /** The calls that it asks for, with the model's own ids; the gateway's calls are matched to them. */
  toolCalls?: { id: string; tool: string; arguments: Record<string, unknown> }[]
}

/** A request of the agent as the audit log has it; the gateway's `api-request` of the same audit ID is its other end. */
export interface AuditedRequest {
  type: 'audited-request'
  auditId: string
  /** The tool call that caused it; a request without one came another way. */
  call?: string
  verb: string
  uri: string
  user: string
  object?: { group?: string; resource: string; subresource?: string; namespace?: string; name?: string }
  status?: number
  /** By the API server's clock. */
  requestedAt: string
  durationMs?: number
  userAgent?: string
  sourceIps?: string[]
}

export interface ObjectRef {
  apiVersion: string
  kind: string
  namespace?: string
  name: string
  uid?: string
}

/** An object that was there, came, changed or went; what it looked like is in the timeline's entry of this number. */
export interface StateChange {
  type: 'state-change'
  object: ObjectRef
  change: 'present' | 'added' | 'modified' | 'removed'
  entry: number
  /** sha256 of the timeline's line, which makes the timeline part of the record's hash chain. */
  digest: string
}

/** A time in which changes of a kind may have gone unseen; what was found afterwards is in the timeline. */
export interface WatchGap {
  type: 'watch-gap'
  kind: string
  because: string
  durationMs: number
}

export interface Budget {
  type: 'budget'
  kind: 'time' | 'tool-calls' | 'steps' | 'tokens' | 'money'
  used: number
  limit: number
  state: 'nearly-spent' | 'spent'
}

export interface Verdict {
  type: 'verdict'
  /** The check's name and, where it has one, its place in the contract. */
  check: string
  about: 'broken-before' | 'outcome' | 'preservation' | 'integrity'
  verdict: 'met' | 'not-met' | 'unknown'
  because: string
  evidence?: unknown
  durationMs?: number
}

export interface IntegrityFinding {
  type: 'integrity-finding'
  finding: string
  because: string
  evidence?: unknown
}

export interface TrialOutcome {
  type: 'outcome'
  outcome: Outcome
  because: string
  reward: number
}

export interface TrialError {
  type: 'error'
  whose: 'harness' | 'task' | 'agent' | 'cluster'
  code: string
  message: string
  phase?: string
  detail?: string
}

export interface Note {
  type: 'note'
  text: string
  data?: unknown
}
