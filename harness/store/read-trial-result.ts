import { z } from 'zod'
import { checkAgainst, type Checked } from '../base/schema-problems.ts'
import type { Outcome } from '../record/events.ts'
import type { PlannedTrial } from './planned-trial.ts'

/** A trial's result as it is read back; `x_kubemend` is ours. */
export interface TrialResult {
  id: string
  task_name: string
  trial_name: string
  task_id: { path: string }
  source?: string | null | undefined
  agent_info: { name: string; version: string }
  agent_result?: Nullable<'n_input_tokens' | 'n_cache_tokens' | 'n_output_tokens' | 'cost_usd', number>
  verifier_result?: { rewards?: Record<string, number> | null | undefined } | null | undefined
  exception_info?:
    | { exception_type: string; exception_message: string; exception_traceback: string; occurred_at: string }
    | null
    | undefined
  started_at: string
  finished_at: string
  environment_setup?: Timing
  agent_setup?: Timing
  agent_execution?: Timing
  verifier?: Timing
  x_kubemend: TrialExtension
}

type Nullable<K extends string, T> = { [key in K]?: T | null | undefined } | null | undefined
type Timing = { started_at: string | null; finished_at: string | null } | null | undefined

/** What a result says that Harbor has no field for. */
export interface TrialExtension {
  version: 1
  outcome: Outcome
  because: string
  attempt: number
  digest: `sha256:${string}`
  agent: PlannedTrial['agent']
  tool_calls: number
  verdicts?: AllVerdicts
  record?: { head: string; lines: number }
  details?: Record<string, unknown>
}

export interface AllVerdicts {
  outcome: VerdictCounts
  preservation: VerdictCounts
  integrity: VerdictCounts
}

export interface VerdictCounts {
  met: number
  notMet: number
  unknown: number
}

/** A parsed `result.json`, or what is wrong with it. */
export function checkTrialResult(document: unknown): Checked<TrialResult> {
  return checkAgainst(resultSchema, document)
}

/** The trial of a plan that a result is of. */
export function plannedOf(result: TrialResult): PlannedTrial {
  const { attempt, agent, digest } = result.x_kubemend
  const dataset = result.source ?? undefined
  return {
    task: { name: result.task_name, path: result.task_id.path, digest, ...(dataset === undefined ? {} : { dataset }) },
    agent,
    attempt,
  }
}

const verdictsSchema = z.strictObject({
  met: z.int().nonnegative(),
  notMet: z.int().nonnegative(),
  unknown: z.int().nonnegative(),
})

const outcomes: readonly Outcome[] = ['solved', 'unsafe', 'failed', 'stopped', 'agent-error', 'invalid']

const extensionSchema = z.strictObject({
  version: z.literal(1),
  outcome: z.enum(outcomes),
  because: z.string(),
  attempt: z.int().positive(),
  digest: z.templateLiteral(['sha256:', z.string()]),
  agent: z.strictObject({
    name: z.string(),
    model: z.string().exactOptional(),
    effort: z.string().exactOptional(),
    options: z.record(z.string(), z.unknown()).exactOptional(),
  }),
  tool_calls: z.int().nonnegative(),
  verdicts: z
    .strictObject({ outcome: verdictsSchema, preservation: verdictsSchema, integrity: verdictsSchema })
    .exactOptional(),
  record: z.strictObject({ head: z.string(), lines: z.int().nonnegative() }).exactOptional(),
  details: z.record(z.string(), z.unknown()).exactOptional(),
})

const timingSchema = z.object({ started_at: z.string().nullable(), finished_at: z.string().nullable() }).nullish()

/** Harbor's fields are read leniently, ours strictly. */
const resultSchema = z.object({
  id: z.string(),
  task_name: z.string(),
  trial_name: z.string(),
  task_id: z.object({ path: z.string() }),
  source: z.string().nullish(),
  agent_info: z.object({ name: z.string(), version: z.string() }),
  agent_result: z
    .object({
      n_input_tokens: z.number().nullish(),
      n_cache_tokens: z.number().nullish(),
      n_output_tokens: z.number().nullish(),
      cost_usd: z.number().nullish(),
    })
    .nullish(),
  verifier_result: z.object({ rewards: z.record(z.string(), z.number()).nullish() }).nullish(),
  exception_info: z
    .object({
      exception_type: z.string(),
      exception_message: z.string(),
      exception_traceback: z.string(),
      occurred_at: z.string(),
    })
    .nullish(),
  started_at: z.string(),
  finished_at: z.string(),
  environment_setup: timingSchema,
  agent_setup: timingSchema,
  agent_execution: timingSchema,
  verifier: timingSchema,
  x_kubemend: extensionSchema,
})
