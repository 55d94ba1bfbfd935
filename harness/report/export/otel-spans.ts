import { createHash } from 'node:crypto'
import type { AtifTrajectory } from '../../record/atif-format.ts'
import type { TrialRow } from '../model/trial-row.ts'
import { textOf } from './text-of.ts'

interface Span {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
}

/**
 * A trial as OpenTelemetry spans under the conventions for generative AI, in OTLP's JSON: one `invoke_agent` span, below
 * it a `chat` span for each answer of the model and an `execute_tool` span for each call.
 */
export function otelSpans(row: TrialRow, { agent, steps }: AtifTrajectory): unknown[] {
  const traceId = idOf(`${row.job}/${row.trial}`, 32)
  const begins = Date.parse(row.startedAt)
  const ends = begins + row.seconds * 1000
  const at = (i: number): number => Date.parse(steps[i]?.timestamp ?? '') || (i >= steps.length ? ends : begins)
  const root: Span = {
    ...span(traceId, 'root', `invoke_agent ${agent.name}`, 1, begins, ends),
    attributes: attributes({
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.agent.name': agent.name,
      'gen_ai.request.model': row.model,
      'gen_ai.conversation.id': row.trial,
      'kubemend.task': row.task,
      'kubemend.task.digest': row.digest,
      'kubemend.outcome': row.outcome,
    }),
  }
  const children = steps.flatMap((step, i): Span[] => {
    if (step.source !== 'agent') return []
    const chat: Span = {
      ...span(traceId, `chat-${i}`, `chat ${step.model_name ?? row.model ?? agent.name}`, 3, at(i), at(i)),
      parentSpanId: root.spanId,
      attributes: attributes({
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': step.model_name ?? row.model,
        'gen_ai.usage.input_tokens': step.metrics?.prompt_tokens,
        'gen_ai.usage.output_tokens': step.metrics?.completion_tokens,
        'gen_ai.output.messages': JSON.stringify([
          { role: 'assistant', parts: [{ type: 'text', content: textOf(step.message) }] },
        ]),
      }),
    }
    const tools = (step.tool_calls ?? []).map((call): Span => ({
      ...span(traceId, `tool-${i}-${call.tool_call_id}`, `execute_tool ${call.function_name}`, 1, at(i), at(i + 1)),
      parentSpanId: root.spanId,
      attributes: attributes({
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': call.function_name,
        'gen_ai.tool.call.id': call.tool_call_id,
        'gen_ai.tool.call.arguments': JSON.stringify(call.arguments),
        'gen_ai.tool.call.result': textOf(
          step.observation?.results.find((r) => r.source_call_id === call.tool_call_id)?.content,
        ),
      }),
    }))
    return [chat, ...tools]
  })
  return [
    {
      resourceSpans: [
        {
          resource: { attributes: attributes({ 'service.name': 'kubemend' }) },
          scopeSpans: [{ scope: { name: 'kubemend' }, spans: [root, ...children] }],
        },
      ],
    },
  ]
}

function span(
  traceId: string,
  name: string,
  title: string,
  kind: number,
  from: number,
  to: number,
): Omit<Span, 'attributes'> {
  const nanos = (ms: number): string => `${BigInt(Math.round(ms))}000000`
  return {
    traceId,
    spanId: idOf(`${traceId}/${name}`, 16),
    name: title,
    kind,
    startTimeUnixNano: nanos(from),
    endTimeUnixNano: nanos(Math.max(from, to)),
  }
}

function idOf(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits)
}

function attributes(values: Record<string, string | number | undefined>): Span['attributes'] {
  return Object.entries(values).flatMap(([key, value]) =>
    value === undefined
      ? []
      : [{ key, value: typeof value === 'number' ? { intValue: String(Math.round(value)) } : { stringValue: value } }],
  )
}
