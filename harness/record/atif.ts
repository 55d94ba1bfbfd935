import { writeAtomically } from '../base/write-atomically.ts'
import {
  atifVersion,
  type AtifAgent,
  type AtifFinalMetrics,
  type AtifStep,
  type AtifTrajectory,
} from './atif-format.ts'
import { atifSteps } from './atif-steps.ts'
import type { RecordedEvent } from './events.ts'
import type { ToolDefinition } from './gateway-event.ts'
import { readRecord } from './reader.ts'

/** Some of a record's events, by their numbers: from the first up to the second. */
export interface RecordPart {
  from: number
  to: number
}

/**
 * Writes a record, or a part of it, as an ATIF trajectory. Goes through the record twice and holds only what is open in
 * memory.
 */
export async function writeTrajectory(recordFile: string, target: string, part?: RecordPart): Promise<void> {
  const head = await readHead(inPart(readRecord(recordFile, { texts: 'start' }), part))
  await writeAtomically(target, renderParts(head, atifSteps(inPart(readRecord(recordFile), part), head)))
}

/** What a record begins with is of every part. */
async function* inPart(
  events: AsyncIterable<RecordedEvent>,
  part: RecordPart | undefined,
): AsyncGenerator<RecordedEvent> {
  for await (const event of events) {
    const isMeant = part === undefined || (event.seq >= part.from && event.seq < part.to)
    if (isMeant || event.type === 'record-started') yield event
  }
}

/** The same as one object, for records known to be small. */
export async function buildTrajectory(events: readonly RecordedEvent[]): Promise<AtifTrajectory> {
  const head = await readHead(events)
  const steps: AtifStep[] = []
  for await (const step of atifSteps(asyncOf(events), head)) steps.push(step)
  return { ...beforeSteps(head), steps, ...afterSteps(head, steps.length) }
}

/** What is known only after the whole record was seen, and written before the steps. */
interface Head {
  trial: string
  task: string
  kubemend: string
  agent: AtifAgent
  usesModel: boolean
  totals: Totals
  calls: number
  ended?: string
}

interface Totals {
  prompt?: number
  completion?: number
  cached?: number
  usd?: number
}

async function readHead(events: AsyncIterable<RecordedEvent> | Iterable<RecordedEvent>): Promise<Head> {
  const agent: AtifAgent = { name: 'unknown', version: 'unknown' }
  const head: Head = { trial: '', task: '', kubemend: '', agent, usesModel: true, totals: {}, calls: 0 }
  for await (const event of events) {
    if (event.type === 'record-started') {
      Object.assign(head, { trial: event.trial, task: event.task, kubemend: event.kubemend })
      agent.name = event.agent
    } else if (event.type === 'agent-started') {
      Object.assign(agent, { name: event.name, version: event.version }, event.model ? { model_name: event.model } : {})
      head.usesModel = event.usesModel
    } else if (event.type === 'gateway-opened') agent.tool_definitions = event.tools.map(toFunction)
    else if (event.type === 'agent-message') addTo(head.totals, event)
    else if (event.type === 'tool-call-started') head.calls++
    else if (event.type === 'agent-ended') head.ended = event.reason
  }
  const { tool_definitions, ...rest } = agent
  return { ...head, agent: { ...rest, ...(tool_definitions ? { tool_definitions } : {}) } }
}

function addTo(totals: Totals, { usage, costUsd }: Extract<RecordedEvent, { type: 'agent-message' }>): void {
  const add = (key: keyof Totals, value: number | undefined): void => {
    if (value !== undefined) totals[key] = (totals[key] ?? 0) + value
  }
  add('prompt', usage?.inputTokens)
  add('completion', usage?.outputTokens)
  add('cached', usage?.cachedTokens)
  add('usd', costUsd)
}

/** OpenAI's function schema; what it has no place for is left out. */
function toFunction({ name, description, inputSchema }: ToolDefinition): Record<string, unknown> {
  return { type: 'function', function: { name, description, parameters: inputSchema } }
}

function beforeSteps({ trial, agent }: Head): Pick<AtifTrajectory, 'schema_version' | 'session_id' | 'agent'> {
  return { schema_version: atifVersion, session_id: trial, agent }
}

function afterSteps(
  { trial, task, kubemend, totals, calls, ended }: Head,
  steps: number,
): Pick<AtifTrajectory, 'final_metrics' | 'extra'> {
  const metrics: AtifFinalMetrics = {
    ...(totals.prompt === undefined ? {} : { total_prompt_tokens: totals.prompt }),
    ...(totals.completion === undefined ? {} : { total_completion_tokens: totals.completion }),
    ...(totals.cached === undefined ? {} : { total_cached_tokens: totals.cached }),
    ...(totals.usd === undefined ? {} : { total_cost_usd: totals.usd }),
    total_steps: steps,
    extra: { kubemend: { tool_calls: calls, ...(ended === undefined ? {} : { ended }) } },
  }
  return { final_metrics: metrics, extra: { kubemend: { trial, task, version: kubemend } } }
}

async function* renderParts(head: Head, steps: AsyncIterable<AtifStep>): AsyncGenerator<string> {
  const indented = (value: unknown, by: string): string =>
    JSON.stringify(value, undefined, 2).replaceAll('\n', `\n${by}`)
  yield `${JSON.stringify(beforeSteps(head), undefined, 2).slice(0, -2)},\n  "steps": [`
  let count = 0
  for await (const step of steps) yield `${count++ === 0 ? '' : ','}\n    ${indented(step, '    ')}`
  yield `\n  ],\n${JSON.stringify(afterSteps(head, count), undefined, 2).slice(2)}\n`
}

async function* asyncOf<T>(items: Iterable<T>): AsyncGenerator<T> {
  yield* items
}
