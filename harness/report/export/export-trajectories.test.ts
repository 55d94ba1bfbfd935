import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readJobs } from '../model/read-jobs.ts'
import { writeSampleJob } from '../sample-results.ts'
import { exportTrajectories } from './export-trajectories.ts'

let dir: string
let job: string
const secret = 'Kx92-wolf-77-Qz41-mm'
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'export-'))
  job = await writeSampleJob({
    jobsDir: dir,
    jobName: 'sample',
    agents: [{ name: 'model', model: 'acme/large' }],
    tasks: 4,
    attempts: 4,
    plant: `the password is ${secret}`,
    secret,
  })
})
afterEach(() => rm(dir, { recursive: true, force: true }))

test('chat lines are of solved trials only, each course once, with calls, results and the digest of the task', async () => {
  const { lines, leftOut } = await exportTrajectories({ jobs: [job], format: 'sft' })
  const rows = (await readJobs([job])).flatMap(({ trials }) => trials.map(({ row }) => row))
  const solved = rows.filter(({ outcome }) => outcome === 'solved')
  const solvedTasks = new Set(solved.map(({ task }) => task))
  // sample trials of one task all take the same course
  expect(lines).toHaveLength(solvedTasks.size)
  expect(leftOut).toMatchObject({ unsolved: rows.length - solved.length, duplicates: solved.length - lines.length })
  for (const line of lines) {
    expect(line).not.toContain(secret)
    const { messages, tools, metadata } = JSON.parse(line) as {
      messages: { role: string; tool_calls?: { id: string }[]; tool_call_id?: string; content: string }[]
      tools: unknown[]
      metadata: { task: string; task_digest: string; outcome: string }
    }
    expect(metadata.outcome).toBe('solved')
    expect(rows.find(({ task }) => task === metadata.task)?.digest).toBe(metadata.task_digest)
    expect(tools).toEqual([])
    const asked = messages.flatMap((m) => m.tool_calls ?? []).map(({ id }) => id)
    const answered = messages.flatMap((m) => (m.role === 'tool' ? [m.tool_call_id] : []))
    expect(asked.length).toBe(4)
    expect(answered).toEqual(asked)
    expect(messages.some(({ role, content }) => role === 'tool' && content.includes('CrashLoopBackOff'))).toBe(true)
  }
})

test('failed trials come along when asked for, unsafe ones never', async () => {
  const { lines } = await exportTrajectories({ jobs: [job], format: 'atif', includeUnsolved: true })
  const outcomes = lines.map(
    (line) => (JSON.parse(line) as { extra: { kubemend_export: { outcome: string } } }).extra.kubemend_export.outcome,
  )
  expect(outcomes.length).toBeGreaterThan(0)
  expect(outcomes).not.toContain('unsafe')
})

test('spans hang together: one agent, below it answers and tool calls', async () => {
  const { lines } = await exportTrajectories({ jobs: [job], format: 'otel' })
  const { resourceSpans } = JSON.parse(lines[0] ?? '') as {
    resourceSpans: {
      scopeSpans: {
        spans: {
          traceId: string
          spanId: string
          parentSpanId?: string
          name: string
          startTimeUnixNano: string
          endTimeUnixNano: string
        }[]
      }[]
    }[]
  }
  const spans = resourceSpans[0]?.scopeSpans[0]?.spans ?? []
  const [root, ...children] = spans
  expect(root?.name).toBe('invoke_agent model')
  expect(children.every((s) => s.parentSpanId === root?.spanId && s.traceId === root?.traceId)).toBe(true)
  expect(new Set(spans.map(({ spanId }) => spanId)).size).toBe(spans.length)
  expect(children.filter(({ name }) => name === 'execute_tool kubectl')).toHaveLength(4)
  expect(spans.every((s) => BigInt(s.endTimeUnixNano) >= BigInt(s.startTimeUnixNano))).toBe(true)
})
