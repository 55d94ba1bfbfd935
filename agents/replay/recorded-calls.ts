import type { AtifContent, AtifTrajectory } from '../../harness/record/atif-format.ts'

/** One tool call of a recording. */
export interface RecordedCall {
  tool: string
  arguments: Record<string, unknown>
  answer: string | undefined
  isError: boolean | undefined
  /** When it was asked for. */
  atMs: number | undefined
}

/** The tool calls of a trajectory in their order; those in copied context were not made in it. */
export function recordedCalls(trajectory: AtifTrajectory): RecordedCall[] {
  return trajectory.steps
    .filter((step) => step.source === 'agent' && !step.is_copied_context)
    .flatMap((step) =>
      (step.tool_calls ?? []).map((call) => {
        const result = step.observation?.results.find(({ source_call_id }) => source_call_id === call.tool_call_id)
        const kubemend = result?.extra?.['kubemend'] as { is_error?: boolean } | undefined
        return {
          tool: call.function_name,
          arguments: call.arguments,
          answer: result?.content === undefined ? undefined : plainText(result.content),
          isError: kubemend?.is_error,
          atMs: step.timestamp === undefined ? undefined : Date.parse(step.timestamp),
        }
      }),
    )
}

/** The tool of this trial that a recording means: clients put the server's name before it. */
export function findTool(recorded: string, tools: readonly string[]): string | undefined {
  return (
    tools.find((tool) => tool === recorded) ??
    tools.find(
      (tool) => recorded.endsWith(`_${tool}`) || recorded.endsWith(`.${tool}`) || recorded.endsWith(`-${tool}`),
    )
  )
}

function plainText(content: AtifContent): string {
  if (typeof content === 'string') return content
  return content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
}
