import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../harness/base/command.ts'
import { createGateway } from '../../harness/gateway/create-gateway.ts'
import type { AgentMessage, Prompt } from '../../harness/record/events.ts'
import type { AgentContext, AgentEnd } from '../agent.ts'
import { startFakeServer } from '../model/fake-server/start-fake-server.ts'
import type { Scenario } from '../model/fake-server/scenario.ts'
import type { CliChoice } from './check-cli.ts'
import { createCliAgent } from './cli-agent.ts'

const key = 'sk-the-real-key-0123456789'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'cli-agent-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** Asks its model once, with the key and at the address that it was given. */
const asks = `
const { KUBEMEND_MODEL_URL: url, KUBEMEND_MODEL_KEY: key, KUBEMEND_MCP_URL: mcp } = process.env
const tools = [{ type: 'function', function: { name: 'kubectl', parameters: {} } }]
const messages = [{ role: 'system', content: 'You repair.' }, { role: 'user', content: 'Go on.' }]
const response = await fetch(url + '/chat/completions', {
  method: 'POST',
  headers: { authorization: 'Bearer ' + (process.argv[2] === 'liar' ? 'another-key' : key) },
  body: JSON.stringify({ model: 'scripted', stream: true, tools, messages }),
})
console.log(response.status, (await response.text()).length > 0, mcp.startsWith('http'), key)
`

describe('a program as an agent', () => {
  it('is seen talking with its model, with tokens, and never holds the key', async () => {
    const { end, events, stdout, sent } = await play(asks, [{ say: 'I begin.', usage: { input: 70, output: 7 } }])
    expect(end).toEqual({ reason: 'finished' })
    expect(events).toEqual([
      { type: 'prompt', role: 'system', text: 'You repair.' },
      { type: 'prompt', role: 'user', text: expect.stringContaining('Repair web.yaml.') },
      expect.objectContaining({
        type: 'agent-message',
        text: 'I begin.',
        usage: { inputTokens: 70, outputTokens: 7, cachedTokens: 0 },
      }),
    ])
    expect(stdout).toMatch(/^200 true true kubemend-/)
    expect(stdout).not.toContain(key)
    expect(sent).toBe(`Bearer ${key}`)
  })

  it.each([
    ['rate-limit', 'provider', 'ApiRateLimitError', /limits the rate/],
    ['auth', 'provider', 'AgentAuthenticationError', /not logged in/],
    ['quota', 'provider', 'ApiUsageLimitError', /quota or credit/],
    ['overload', 'provider', 'ApiOverloadedError', /overloaded/],
    ['bad-request', 'error', 'UnknownApiError', /malformed/],
  ] as const)('whose provider says %s ends as the failure that it is', async (fail, reason, errorType, because) => {
    const { end } = await play(`${asks}; process.exit(1)`, [{ fail }])
    expect(end).toMatchObject({ reason, errorType, because: expect.stringMatching(because) })
  })

  it('is told its instruction on stdin, in a file, and as an argument where its command line says so', async () => {
    const tells = `const { readFileSync } = await import('node:fs')
console.log(JSON.stringify({ stdin: readFileSync(0, 'utf8'), file: process.env.KUBEMEND_INSTRUCTION, args: process.argv.slice(2) }))`
    const { end, stdout } = await play(tells, [], '--ask={instruction} --fast')
    expect(end).toEqual({ reason: 'finished' })
    const { stdin, file, args } = JSON.parse(stdout) as { stdin: string; file: string; args: string[] }
    expect(stdin).toContain('Repair web.yaml.')
    expect(file).toBe('/home/agent/instruction.md')
    expect(args).toEqual([`--ask=${stdin}`, '--fast'])
  })

  it('that crashes ends with its code and its last words, without secrets', async () => {
    const { end } = await play(`console.error('boom ' + process.env.KUBEMEND_MCP_TOKEN); process.exit(3)`, [])
    expect(end).toMatchObject({ reason: 'error', errorType: 'NonZeroAgentExitCodeError' })
    expect(end.because).toMatch(/^command exited with 3 before its model said anything: boom /)
    expect(end.because).not.toMatch(/[0-9a-f]{24}|[\w-]{30}/)
  })

  it('that is not there any more is nobody’s failure to repair', async () => {
    const agent = createCliAgent({ ...choiceOf('/no/such/agent', 'http://127.0.0.1:9'), priceOf: () => undefined })
    const task = { instruction: '', mcp: { url: 'http://127.0.0.1:9', token: 't'.repeat(20) }, budget, logDir: dir }
    const end = await agent.run(task, { signal: AbortSignal.timeout(9_000) } as AgentContext)
    expect(end).toEqual({
      reason: 'provider',
      because: 'command: there is no program /no/such/agent',
      errorType: 'AgentSetupError',
    })
  })

  it('that only prints of a rate limit is not believed', async () => {
    const { end } = await play(`console.log('429 rate limit exceeded'); process.exit(1)`, [])
    expect(end).toMatchObject({ reason: 'error' })
  })

  it('that shows the relay another key is turned away', async () => {
    const { stdout, sent } = await play(asks, [{ say: 'no' }], 'liar')
    expect(stdout).toMatch(/^401/)
    expect(sent).toBeUndefined()
  })
})

const budget = { timeMs: 60_000, toolCalls: 9 }

function choiceOf(program: string, baseUrl: string): CliChoice {
  const env = { PATH: process.env['PATH'], KUBEMEND_MODEL_API_KEY: key }
  return { name: 'command', model: undefined, effort: undefined, version: undefined, program, baseUrl, env }
}

async function play(
  script: string,
  scenario: Scenario,
  argument = '',
): Promise<{
  end: AgentEnd
  events: (Prompt | AgentMessage)[]
  stdout: string
  sent: string | string[] | undefined
}> {
  const home = await mkdtemp(path.join(dir, 'case-'))
  const program = path.join(home, 'agent.mjs')
  await writeFile(program, `#!/usr/bin/env node\n${script}`)
  await chmod(program, 0o755)
  await using server = await startFakeServer(scenario)
  await using gateway = await createGateway({ tools: 'workspace', workspace: home, recorder: () => undefined })
  const events: (Prompt | AgentMessage)[] = []
  const context: AgentContext = {
    signal: AbortSignal.timeout(30_000),
    record: (event) => events.push(event),
    extras: {
      runScript: () => Promise.reject(new Error('no scripts here')),
      // the sandbox has its own tests, as root; here the program runs as it is
      runConfined: ({ argv, env, stdin }) =>
        runCommand([process.execPath, program, ...argv.slice(1)], {
          env,
          inheritEnv: false,
          ...(stdin ? { stdin } : {}),
        }),
      solutionDir: undefined,
    },
  }
  const line = argument === '' ? program : `${program} ${argument}`
  const agent = createCliAgent({ ...choiceOf(line, `${server.url}/v1`), priceOf: () => undefined })
  const task = {
    instruction: 'Repair web.yaml.',
    mcp: await gateway.listen(),
    budget,
    logDir: home,
  }
  const end = await agent.run(task, context)
  const stdout = await readFile(path.join(home, 'command.stdout.txt'), 'utf8')
  return { end, events, stdout, sent: server.requests[0]?.headers['authorization'] }
}
