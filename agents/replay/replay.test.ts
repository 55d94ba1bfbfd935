import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGateway } from '../../harness/gateway/create-gateway.ts'
import type { AgentContext, AgentEnd } from '../agent.ts'
import { createReplay } from './replay.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'replay-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

/** Replays calls on a gateway with file tools, in a workspace with one file. */
async function replay(calls: { tool: string; args: Record<string, unknown>; at?: string }[]): Promise<{
  end: AgentEnd
  said: string[]
  workspace: string
}> {
  const workspace = await mkdtemp(path.join(dir, 'workspace-'))
  await writeFile(path.join(workspace, 'web.yaml'), 'replicas: 0\n')
  const file = path.join(dir, 'trajectory.json')
  await writeFile(file, JSON.stringify(trajectoryOf(calls)))
  await using gateway = await createGateway({ tools: 'workspace', workspace, recorder: () => undefined })
  const said: string[] = []
  const context: AgentContext = {
    signal: AbortSignal.timeout(10_000),
    record: (event) => said.push(event.text),
    extras: {
      runScript: () => Promise.reject(new Error('no scripts here')),
      runConfined: () => Promise.reject(new Error('no programs here')),
      solutionDir: undefined,
    },
  }
  const task = { instruction: 'Repair it.', mcp: await gateway.listen(), budget, logDir: dir }
  return { end: await createReplay(file).run(task, context), said, workspace }
}

const budget = { timeMs: 10_000, toolCalls: 50 }

function trajectoryOf(calls: { tool: string; args: Record<string, unknown>; at?: string }[]): unknown {
  return {
    schema_version: 'ATIF-v1.7',
    session_id: 's',
    agent: { name: 'a', version: '1' },
    steps: calls.map(({ tool, args, at }, i) => ({
      step_id: i + 1,
      ...(at === undefined ? {} : { timestamp: at }),
      source: 'agent',
      message: '',
      tool_calls: [{ tool_call_id: `c${i}`, function_name: tool, arguments: args }],
    })),
  }
}

describe('replay', () => {
  it('plays what was recorded, with tools under a client’s own names, and submits where the recording did', async () => {
    const { end, workspace } = await replay([
      { tool: 'mcp__kubemend__write_file', args: { path: 'web.yaml', content: 'replicas: 2\n' } },
      { tool: 'mcp__kubemend__submit', args: { summary: 'scaled up' } },
    ])
    expect(end).toEqual({ reason: 'submitted' })
    expect(await readFile(path.join(workspace, 'web.yaml'), 'utf8')).toBe('replicas: 2\n')
  })

  it('says which tools of the recording this trial does not have, and fails when that is all', async () => {
    const { end, said } = await replay([{ tool: 'kubectl', args: { args: 'get pods' } }])
    expect(end.reason).toBe('error')
    expect(said).toEqual([expect.stringMatching(/^the recording used the tool kubectl; here are .*submit$/)])
  })

  it('takes its time as the recording did', async () => {
    const startedAt = Date.now()
    await replay([
      { tool: 'read_file', args: { path: 'web.yaml' }, at: '2026-11-21T10:00:00.000Z' },
      { tool: 'read_file', args: { path: 'web.yaml' }, at: '2026-11-21T10:00:00.700Z' },
    ])
    expect(Date.now() - startedAt).toBeGreaterThanOrEqual(700)
  })

  it('refuses a malformed recording with every problem', async () => {
    const file = path.join(dir, 'bad.json')
    await writeFile(file, '{"schema_version": "ATIF-v1.7", "agent": {"name": "a"}, "steps": []}')
    const context = { signal: AbortSignal.timeout(1_000) } as AgentContext
    const task = { instruction: '', mcp: { url: 'http://127.0.0.1:1', token: '' }, budget, logDir: dir }
    await expect(createReplay(file).run(task, context)).rejects.toThrow(/agent\.version[\s\S]*steps/)
  })
})
