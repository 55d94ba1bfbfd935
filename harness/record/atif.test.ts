import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { AtifTrajectory } from './atif-format.ts'
import { parseTrajectory, readTrajectory } from './atif-reader.ts'
import { buildTrajectory, writeTrajectory } from './atif.ts'
import type { RecordedEvent, TrialEvent } from './events.ts'
import { Recorder } from './recorder.ts'
import { kubectlTool, modelTrial } from './sample-trial.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'atif-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const stamped = (events: readonly TrialEvent[]): RecordedEvent[] =>
  events.map((event, seq) => ({
    seq,
    at: new Date(1_780_000_000_000 + seq * 1000).toISOString(),
    ms: seq * 1000,
    ...event,
  }))

const build = (events: readonly TrialEvent[]): Promise<AtifTrajectory> => buildTrajectory(stamped(events))

const started: TrialEvent = {
  type: 'record-started',
  version: 1,
  trial: 't__1',
  task: 't',
  agent: 'oracle',
  kubemend: '0.1.0',
}
const call = (n: number, args: Record<string, unknown> = { command: `get pods ${n}` }): TrialEvent[] => [
  { type: 'tool-call-started', call: `call-${n}`, session: 's', tool: 'kubectl', arguments: args },
  {
    type: 'api-request',
    call: `call-${n}`,
    auditId: `a${n}`,
    method: 'GET',
    path: '/',
    status: 200,
    isUpgrade: false,
    durationMs: 3,
    requestBytes: 0,
    responseBytes: 9,
  },
  {
    type: 'tool-call-finished',
    call: `call-${n}`,
    tool: 'kubectl',
    text: `output ${n}`,
    isError: false,
    outcome: 'ran',
    exitCode: 0,
    durationMs: 20,
  },
]

test('a model trial becomes prompts, answers with their calls and results, and totals', async () => {
  const trajectory = await build(modelTrial)
  expect(trajectory.schema_version).toBe('ATIF-v1.7')
  expect(trajectory.agent).toEqual({
    name: 'model',
    version: '0.1.0',
    model_name: 'a-model',
    tool_definitions: [
      {
        type: 'function',
        function: { name: 'kubectl', description: kubectlTool.description, parameters: kubectlTool.inputSchema },
      },
    ],
  })
  expect(trajectory.steps.map((s) => [s.step_id, s.source, s.message])).toEqual([
    [1, 'system', 'You repair clusters.'],
    [2, 'user', 'Checkout is down.'],
    [3, 'agent', 'I look first.'],
    [4, 'agent', 'Done.'],
    [5, 'system', 'The budget is spent: 2 of 2 (tool-calls).'],
  ])
  expect(trajectory.steps[2]).toMatchObject({
    model_name: 'a-model',
    reasoning_content: 'What is broken?',
    tool_calls: [
      { tool_call_id: 'toolu_1', function_name: 'kubectl', extra: { kubemend: { api_requests: 1 } } },
      { tool_call_id: 'toolu_2', function_name: 'kubectl' },
    ],
    observation: {
      results: [
        { source_call_id: 'toolu_1', content: 'NAME READY', extra: { kubemend: { call: 'call-1', exit_code: 0 } } },
        {
          source_call_id: 'toolu_2',
          content: 'forbidden',
          extra: { kubemend: { call: 'call-2', exit_code: 1, is_error: true } },
        },
      ],
    },
    metrics: { prompt_tokens: 900, completion_tokens: 40, cached_tokens: 100, cost_usd: 0.01 },
    llm_call_count: 1,
  })
  expect(trajectory.final_metrics).toEqual({
    total_prompt_tokens: 1900,
    total_completion_tokens: 50,
    total_cached_tokens: 100,
    total_cost_usd: 0.03,
    total_steps: 5,
    extra: { kubemend: { tool_calls: 2, ended: 'budget' } },
  })
})

test('calls of an agent without a model are steps of their own that no model took part in', async () => {
  const trajectory = await build([
    started,
    { type: 'agent-started', name: 'oracle', version: '1', usesModel: false },
    ...call(1),
    ...call(2),
  ])
  expect(trajectory.steps).toMatchObject([
    { step_id: 1, source: 'agent', llm_call_count: 0, tool_calls: [{ tool_call_id: 'call-1' }] },
    { step_id: 2, source: 'agent', llm_call_count: 0, observation: { results: [{ content: 'output 2' }] } },
  ])
})

test('a message told a moment after its call still gets it, also under the name the client uses', async () => {
  const args = { command: 'get pods 1' }
  const [begin, ...rest] = call(1, args)
  const trajectory = await build([
    started,
    { type: 'agent-started', name: 'some-cli', version: '1', usesModel: true },
    ...(begin ? [begin] : []),
    {
      type: 'agent-message',
      text: 'looking',
      toolCalls: [{ id: 'x', tool: 'mcp__kubemend__kubectl', arguments: args }],
    },
    ...rest,
  ])
  expect(trajectory.steps).toMatchObject([
    {
      message: 'looking',
      tool_calls: [{ tool_call_id: 'x', function_name: 'mcp__kubemend__kubectl' }],
      observation: { results: [{ source_call_id: 'x', content: 'output 1' }] },
    },
  ])
  expect(trajectory.steps).toHaveLength(1)
})

test('calls of a client that tells nothing of its model are there all the same, in order', async () => {
  const calls = Array.from({ length: 40 }, (_, i) => call(i + 1)).flat()
  const trajectory = await build([
    started,
    { type: 'agent-started', name: 'cli', version: '1', usesModel: true },
    ...calls,
  ])
  expect(trajectory.steps.map((s) => s.tool_calls?.[0]?.tool_call_id)).toEqual(
    Array.from({ length: 40 }, (_, i) => `call-${i + 1}`),
  )
})

test('a trial that never got to its agent has a valid trajectory, too', async () => {
  const trajectory = await build([started])
  expect(trajectory.steps).toEqual([{ step_id: 1, source: 'system', message: 'The agent was never started.' }])
  expect(parseTrajectory(JSON.stringify(trajectory), 't')).toEqual(trajectory)
})

test('whatever order a trial takes, its trajectory is valid and loses no message and no result', async () => {
  const message = fc.record({
    kind: fc.constant('message' as const),
    text: fc.string({ unit: 'binary' }),
    calls: fc.array(fc.nat(3), { maxLength: 3 }),
  })
  const events = fc.array(
    fc.oneof(
      message,
      fc.record({ kind: fc.constant('call' as const), args: fc.nat(3), text: fc.string({ unit: 'binary' }) }),
      fc.record({ kind: fc.constant('finish' as const), which: fc.nat(5) }),
      fc.record({ kind: fc.constant('prompt' as const), role: fc.constantFrom('system' as const, 'user' as const) }),
    ),
    { maxLength: 40 },
  )
  await fc.assert(
    fc.asyncProperty(events, fc.boolean(), async (chosen, usesModel) => {
      const told: TrialEvent[] = [started, { type: 'agent-started', name: 'a', version: '1', usesModel }]
      const running: { call: string; text: string }[] = []
      const results: string[] = []
      let ids = 0
      const finish = (open: { call: string; text: string } | undefined): void => {
        if (!open) return
        results.push(open.call)
        told.push({
          type: 'tool-call-finished',
          tool: 'kubectl',
          isError: false,
          outcome: 'ran',
          durationMs: 1,
          ...open,
        })
      }
      for (const event of chosen) {
        if (event.kind === 'message')
          told.push({
            type: 'agent-message',
            text: event.text,
            toolCalls: event.calls.map((n) => ({ id: `m${ids++}`, tool: 'kubectl', arguments: { n } })),
          })
        else if (event.kind === 'prompt') told.push({ type: 'prompt', role: event.role, text: 'p' })
        else if (event.kind === 'finish') finish(running.splice(event.which, 1)[0])
        else {
          const id = `call-${ids++}`
          told.push({
            type: 'tool-call-started',
            call: id,
            session: 's',
            tool: 'kubectl',
            arguments: { n: event.args },
          })
          running.push({ call: id, text: event.text })
        }
      }
      const trajectory = await build(told)
      expect(parseTrajectory(JSON.stringify(trajectory), 't')).toEqual(trajectory)
      const kept = trajectory.steps.flatMap((s) => s.observation?.results ?? [])
      expect(kept.map((r) => String((r.extra?.['kubemend'] as { call: string } | undefined)?.call)).toSorted()).toEqual(
        results.toSorted(),
      )
      const messages = chosen.filter((e) => e.kind === 'message').map((e) => e.text)
      const said = trajectory.steps.filter((s) => s.source === 'agent').map((s) => s.message)
      expect(said.filter((m) => m !== '')).toEqual(messages.filter((m) => m !== ''))
    }),
    { numRuns: 300 },
  )
})

test('a record is written as a trajectory step by step, big results included, and read back', async () => {
  const recorder = new Recorder({ dir, trial: 't__1', task: 't', agent: 'model', kubemend: '0.1.0' })
  const big = 'line of output\n'.repeat(5000)
  for (const event of modelTrial.slice(1))
    recorder.record(event.type === 'tool-call-finished' ? { ...event, text: event.text + big } : event)
  recorder.end()
  const file = path.join(dir, 'agent', 'trajectory.json')
  await writeTrajectory(recorder.file, file)
  const trajectory = await readTrajectory(file)
  expect(trajectory.steps[2]?.observation?.results[0]?.content).toBe(`NAME READY${big}`)
  expect(trajectory.final_metrics?.total_steps).toBe(trajectory.steps.length)
  expect(readFileSync(file, 'utf8')).toBe(`${JSON.stringify(trajectory, undefined, 2)}\n`)
})

test('everything that is wrong with a trajectory is said at once, with its place', () => {
  const broken = {
    schema_version: 'ATIF-v2.0',
    agent: { name: 'a', version: '1', modle: 'x' },
    steps: [
      { step_id: 1, source: 'user', message: '', model_name: 'm', metrics: null },
      { step_id: 3, source: 'agent', message: 'x', observation: { results: [{ source_call_id: 'nobody' }] } },
    ],
  }
  const wrong = (trajectory: unknown): string => {
    try {
      parseTrajectory(JSON.stringify(trajectory), 'trajectory.json')
      return ''
    } catch (error) {
      return (error as Error).message
    }
  }
  expect(wrong(broken)).toContain('trajectory.json: schema_version: ')
  expect(wrong(broken)).toContain('trajectory.json: agent.modle: unknown field')
  expect(wrong(broken)).toContain('trajectory.json: steps[0].model_name: only steps of the agent have it')
  expect(wrong(broken)).toContain(
    'trajectory.json: steps[1].observation.results[0].source_call_id: expected a tool_call_id',
  )
  const misnumbered = { ...broken, schema_version: 'ATIF-v1.5', agent: { name: 'a', version: '1' } }
  misnumbered.steps = [{ step_id: 2, source: 'user', message: '' } as never]
  expect(wrong(misnumbered)).toBe('trajectory.json: steps[0].step_id: expected 1, got 2')
  expect(() => parseTrajectory('{', 'trajectory.json')).toThrow('trajectory.json: expected JSON')
})
