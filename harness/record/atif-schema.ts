import { z } from 'zod'
import type { AtifStep, AtifTrajectory } from './atif-format.ts'

const text = z.string().exactOptional()
const count = z.int().nonnegative().exactOptional()
const usd = z.number().exactOptional()
const extra = z.record(z.string(), z.unknown()).exactOptional()

const imageType = z.enum(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
const contentPart = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('text'), text: z.string() }),
  z.strictObject({ type: z.literal('image'), source: z.strictObject({ media_type: imageType, path: z.string() }) }),
  z.strictObject({
    type: z.literal('audio'),
    source: z.strictObject({ media_type: z.string().startsWith('audio/'), path: z.string(), duration_sec: usd }),
  }),
])
const content = z.union([z.string(), z.array(contentPart)])

const subagentRef = z
  .strictObject({ trajectory_id: text, session_id: text, trajectory_path: text, extra })
  .refine((ref) => ref.trajectory_id !== undefined || ref.trajectory_path !== undefined, {
    error: 'expected trajectory_id or trajectory_path',
  })

const observation = z.strictObject({
  results: z.array(
    z.strictObject({
      source_call_id: text,
      content: content.exactOptional(),
      subagent_trajectory_ref: z.array(subagentRef).exactOptional(),
      extra,
    }),
  ),
})

const toolCall = z.strictObject({
  tool_call_id: z.string(),
  function_name: z.string(),
  arguments: z.record(z.string(), z.unknown()),
  extra,
})

const metrics = z.strictObject({
  prompt_tokens: count,
  completion_tokens: count,
  cached_tokens: count,
  cost_usd: usd,
  prompt_token_ids: z.array(z.int()).exactOptional(),
  completion_token_ids: z.array(z.int()).exactOptional(),
  logprobs: z.array(z.number()).exactOptional(),
  extra,
})

const step = z
  .strictObject({
    step_id: z.int().positive(),
    timestamp: z
      .string()
      .refine((at) => /^\d{4}-\d\d-\d\d/.test(at) && !Number.isNaN(Date.parse(at)), {
        error: 'expected an ISO 8601 time',
      })
      .exactOptional(),
    source: z.enum(['system', 'user', 'agent']),
    model_name: text,
    reasoning_effort: z.union([z.string(), z.number()]).exactOptional(),
    message: content,
    reasoning_content: text,
    tool_calls: z.array(toolCall).exactOptional(),
    observation: observation.exactOptional(),
    metrics: metrics.exactOptional(),
    is_copied_context: z.boolean().exactOptional(),
    llm_call_count: count,
    extra,
  })
  .superRefine(checkStep)

const agent = z.strictObject({
  name: z.string(),
  version: z.string(),
  model_name: text,
  tool_definitions: z.array(z.record(z.string(), z.unknown())).exactOptional(),
  extra,
})

const finalMetrics = z.strictObject({
  total_prompt_tokens: count,
  total_completion_tokens: count,
  total_cached_tokens: count,
  total_cost_usd: usd,
  total_steps: count,
  extra,
})

/** As strict as Harbor's own validator: nothing unknown, steps in order, results of calls of the same step. */
export const atifSchema: z.ZodType<AtifTrajectory> = z
  .strictObject({
    schema_version: z.string().regex(/^ATIF-v1\.[0-8]$/),
    session_id: text,
    trajectory_id: text,
    agent,
    steps: z.array(step).min(1),
    notes: text,
    final_metrics: finalMetrics.exactOptional(),
    continued_trajectory_ref: text,
    extra,
    subagent_trajectories: z.array(z.lazy(() => atifSchema)).exactOptional(),
  })
  .superRefine(checkTrajectory)

const agentOnly = ['model_name', 'reasoning_effort', 'reasoning_content', 'tool_calls', 'metrics'] as const
const modelOnly = ['metrics', 'reasoning_content'] as const

function checkStep(value: AtifStep, context: z.RefinementCtx): void {
  const problem = (path: (string | number)[], message: string): void =>
    context.addIssue({ code: 'custom', path, message })
  if (value.source !== 'agent') {
    for (const field of agentOnly)
      if (value[field] !== undefined)
        problem([field], `only steps of the agent have it, this one is of the ${value.source}`)
  } else if (value.llm_call_count === 0) {
    for (const field of modelOnly)
      if (value[field] !== undefined) problem([field], 'a step without a model (llm_call_count 0) has none')
  }
  const ids = new Set(value.tool_calls?.map((call) => call.tool_call_id))
  for (const [i, result] of (value.observation?.results ?? []).entries())
    if (result.source_call_id !== undefined && !ids.has(result.source_call_id))
      problem(['observation', 'results', i, 'source_call_id'], 'expected a tool_call_id of the same step')
}

function checkTrajectory(value: AtifTrajectory, context: z.RefinementCtx): void {
  for (const [i, { step_id }] of value.steps.entries())
    if (step_id !== i + 1)
      context.addIssue({ code: 'custom', path: ['steps', i, 'step_id'], message: `expected ${i + 1}, got ${step_id}` })
  const ids = new Set<string | undefined>([undefined])
  for (const [i, { trajectory_id }] of (value.subagent_trajectories ?? []).entries()) {
    if (ids.has(trajectory_id))
      context.addIssue({
        code: 'custom',
        path: ['subagent_trajectories', i, 'trajectory_id'],
        message: 'expected an id that no other has',
      })
    ids.add(trajectory_id)
  }
}
