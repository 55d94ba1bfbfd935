import type { Outcome, RecordedEvent } from '../../record/events.ts'

/** A trial as its page tells it: everything on one time line, joined. */
export interface Story {
  /** Milliseconds of the trial's clock. */
  begins: number
  ends: number
  agentBegins: number | undefined
  agentEnds: number | undefined
  phases: { phase: string; from: number; to: number; failedBecause?: string | undefined }[]
  steps: Step[]
  pods: PodLane[]
  verdicts: StoryVerdict[]
  violations: StoryViolation[]
  /** Steps that are worth jumping to, by their place in `steps`. */
  moments: Moments
  outcome: { outcome: Outcome; because: string } | undefined
  /** The record ends before the trial did. */
  isOpen: boolean
}

export interface Moments {
  /** From when on every lasting change was made and every workload was as ready as at the end, where that was judged fixed. */
  fixed?: { ms: number; step: number | undefined }
  /** The first change for which preservation was judged broken. */
  protectedChange?: { ms: number; step: number | undefined; because: string }
}

export type Step =
  | { kind: 'prompt'; ms: number; role: 'system' | 'user'; text: string }
  | ({ kind: 'message'; ms: number } & Omit<MessageFields, 'type'>)
  | CallStep
  | { kind: 'submit'; ms: number; text: string }
  | { kind: 'budget'; ms: number; text: string; isSpent: boolean }
  | { kind: 'finding'; ms: number; finding: string; text: string }
  | { kind: 'error'; ms: number; whose: string; code: string; text: string }
  | { kind: 'note'; ms: number; text: string }
  | { kind: 'ended'; ms: number; text: string }
  | { kind: 'quiet'; ms: number; changes: Change[]; followers: number }

type MessageFields = Pick<
  Extract<RecordedEvent, { type: 'agent-message' }>,
  'type' | 'text' | 'reasoning' | 'model' | 'usage' | 'costUsd' | 'durationMs'
>

export interface CallStep {
  kind: 'call'
  ms: number
  call: string
  tool: string
  /** The command line, or the arguments as JSON. */
  command: string
  text: string
  exitCode?: number | undefined
  isError: boolean
  outcome: string
  refusedBy?: string | undefined
  durationMs?: number | undefined
  requests: Request[]
  changes: Change[]
  /** Changes of what controllers make, such as pods, which are counted and not told. */
  followers: number
}

export interface Request {
  method: string
  path: string
  status?: number | undefined
  durationMs: number
  auditId: string
}

/** One thing that was different after a step. */
export interface Change {
  object: string
  path: string
  kind: 'added' | 'removed' | 'changed' | 'recreated'
  before?: string
  after?: string
  /** Preservation was judged broken by it. */
  isViolation?: boolean
}

export interface PodLane {
  name: string
  /** From, to, health; in order and without gaps. */
  spans: [from: number, to: number, health: PodHealth][]
}

export type PodHealth = 'ready' | 'starting' | 'failing' | 'done'

export interface StoryVerdict {
  about: 'broken-before' | 'outcome' | 'preservation' | 'integrity'
  check: string
  verdict: 'met' | 'not-met' | 'unknown'
  because: string
  evidence?: string
  ms: number
}

export interface StoryViolation {
  name: string
  because: string
  object: string
  path?: string
  step?: number
}
