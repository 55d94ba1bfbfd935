import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { writeSampleRepair } from '../harness/job/sample-repair.ts'
import { runJob, shareJob } from '../harness/job/share-job.ts'
import { readTrajectory } from '../harness/record/atif-reader.ts'
import { cliDefinitions } from './cli/definitions.ts'
import { installCli } from './cli/install-cli.ts'
import type { Answer, SeenRequest, Turn } from './model/fake-server/scenario.ts'
import { startFakeServer, type FakeServer } from './model/fake-server/start-fake-server.ts'

const root = path.resolve(import.meta.dirname, '..')
const task = path.join(root, 'tasks/core/checkout-lost-its-orders')
const key = 'sk-kubemend-test-0123456789abcdef'
const env = { ANTHROPIC_API_KEY: key, OPENAI_API_KEY: key, GEMINI_API_KEY: key, DASHSCOPE_API_KEY: key }

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'agents-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

/** Any number of trials at once: what comes next is read off the conversation itself. */
function repairCheckout({ toolResults }: SeenRequest): Turn {
  const kubectl = (say: string, args: string): Answer => ({ say, calls: [{ tool: 'kubectl', args: { args } }], usage })
  const port = /port=(\d+)/.exec(toolResults[1] ?? '')?.[1] ?? 'unknown'
  const turns: Answer[] = [
    { think: 'What is there?', ...kubectl('I look at what there is.', 'get deployments,services -n shop') },
    kubectl('Which port has it?', "get service orders -n shop -o jsonpath='port={.spec.ports[0].port}'"),
    kubectl('The setting is wrong.', `set env deployment/checkout -n shop ORDERS_URL=http://orders:${port}/`),
    kubectl('Does it come up?', 'rollout status deployment/checkout -n shop --timeout=45s'),
    kubectl('Once more.', 'get deployment checkout -n shop'),
    { calls: [{ tool: 'submit', args: { summary: 'checkout asked a port that orders does not have' } }], usage },
  ]
  return turns[toolResults.length] ?? { say: 'Done.', usage }
}
const usage = { input: 3000, output: 60, cached: 1000 }

describe('with a scripted model', () => {
  const clis = [
    { agent: 'codex=gpt-5.4', name: 'codex' },
    { agent: 'claude-code', name: 'claude-code' },
    { agent: 'gemini-cli', name: 'gemini-cli' },
    { agent: 'qwen-code', name: 'qwen-code' },
  ] as const
  const agents = ['model=openai/gpt-6-sol', ...clis.map(({ agent }) => agent)]
  let server: FakeServer
  let why: string | undefined

  beforeAll(async () => {
    why = await installAll(clis.map(({ name }) => name))
    if (why !== undefined) return
    server = await startFakeServer(repairCheckout)
  }, 600_000)
  const { trials, trialOf } = shareJob(async (out) => {
    if (why !== undefined) return []
    const flags = agents.flatMap((agent) => ['--agent', agent])
    const where = ['--base-url', `${server.url}/v1`, '--out', out]
    return await runJob([task, ...flags, ...where, '--concurrency', '2'], env)
  })
  afterAll(() => server?.[Symbol.asyncDispose]())

  it.for(agents)(
    '%s repairs a task of the core dataset, is judged, and its trajectory tells all of it',
    async (agent, { skip }) => {
      if (why !== undefined) skip(why)
      const trial = trialOf(agent)
      expect(trial.because).toBe('the outcome is met and everything else was preserved')
      const { steps, final_metrics } = await readTrajectory(path.join(trial.dir, 'agent/trajectory.json'))
      const said = steps.filter((step) => step.source === 'agent' && step.tool_calls)
      expect(said.map((step) => step.message)).toEqual([
        'I look at what there is.',
        'Which port has it?',
        'The setting is wrong.',
        'Does it come up?',
        'Once more.',
        '',
      ])
      expect(steps.find((step) => step.source === 'user')?.message).toContain('storefront')
      expect(said[0]).toMatchObject({
        metrics: { prompt_tokens: 3000, completion_tokens: 60, cached_tokens: 1000 },
        observation: { results: [{ content: expect.stringContaining('checkout') }] },
      })
      expect(final_metrics?.total_prompt_tokens).toBeGreaterThanOrEqual(6 * 3000)
      const files = ['agent/trajectory.json', 'evidence/record.jsonl', 'result.json']
      const texts = await Promise.all(
        files
          .filter((file) => existsSync(path.join(trial.dir, file)))
          .map((file) => readFile(path.join(trial.dir, file), 'utf8')),
      )
      expect(texts.join('')).not.toContain(key)
    },
  )

  it('the programs had the gateway’s tools and no shell or files of their own', ({ skip }) => {
    if (why !== undefined) skip(why)
    const own = /shell|bash|exec|write|edit|replace|fetch|search|agent/i
    expect(new Set(server.requests.map(({ protocol }) => protocol)).size).toBe(4)
    for (const { protocol, tools } of server.requests) {
      expect(
        tools.filter((tool) => !/kubectl|submit/.test(tool) && own.test(tool)),
        protocol,
      ).toEqual([])
    }
  })

  it('a job of replays of these trials has the same outcomes without any model', async ({ skip }) => {
    if (why !== undefined) skip(why)
    const recordings = trials()
      .slice(0, 2)
      .map(({ dir: trial }) => path.join(trial, 'agent/trajectory.json'))
    const replays = recordings.flatMap((file) => ['--agent', `replay=${file}`])
    const before = server.requests.length
    const out = await mkdtemp(path.join(dir, 'replayed-'))
    const replayed = await runJob([task, ...replays, '--out', out, '--concurrency', '2'])
    expect(replayed.map(({ outcome }) => outcome)).toEqual(['solved', 'solved'])
    expect(server.requests).toHaveLength(before)
  })
})

describe("with somebody else's MCP server in place of our tools", () => {
  const servers = {
    'kubernetes-mcp-server': [
      { tool: 'resources_get', args: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web' } },
      {
        tool: 'resources_scale',
        args: { apiVersion: 'apps/v1', kind: 'Deployment', namespace: 'shop', name: 'web', scale: 1 },
      },
    ],
    'mcp-server-kubernetes': [
      { tool: 'kubectl_get', args: { resourceType: 'deployments', namespace: 'shop', name: 'web' } },
      { tool: 'kubectl_scale', args: { resourceType: 'deployment', name: 'web', namespace: 'shop', replicas: 1 } },
    ],
  }

  const programs: Record<string, string> = {
    'kubernetes-mcp-server': 'kubernetes-mcp-server/bin/index.js',
    'mcp-server-kubernetes': 'mcp-server-kubernetes/dist/index.js',
  }

  it.each(Object.entries(servers))('%s carries a whole trial, recorded and judged', async (name, calls) => {
    const repair = await writeSampleRepair(path.join(dir, `task-${name}`))
    const turns: Answer[] = [
      ...calls.map((call) => ({ say: `I call ${call.tool}.`, calls: [call] })),
      { calls: [{ tool: 'submit', args: { summary: 'there were no replicas' } }] },
    ]
    await using model = await startFakeServer(({ toolResults }) => turns[toolResults.length] ?? { say: 'Done.' })
    const program = `${process.execPath} ${path.join(root, 'node_modules', programs[name] ?? name)}`
    const out = await mkdtemp(path.join(dir, 'job-'))
    const flags = ['--agent', 'model=local/scripted', '--base-url', `${model.url}/v1`, '--mcp-server', program]
    const [trial] = await runJob([repair, ...flags, '--out', out])
    expect(trial?.because).toBe('the outcome is met and everything else was preserved')
    const { steps, agent } = await readTrajectory(path.join(trial!.dir, 'agent/trajectory.json'))
    const called = steps.flatMap((step) => step.tool_calls ?? [])
    expect(called.map((call) => call.function_name)).toEqual([...calls.map(({ tool }) => tool), 'submit'])
    // the requests that its calls made of the API server are joined to them
    expect(called[1]?.extra).toMatchObject({ kubemend: { api_requests: expect.any(Number) } })
    expect(agent.tool_definitions?.length).toBeGreaterThan(5)
  })
})

/** Why the programs cannot be had here: only where there is no registry to install them from. */
async function installAll(names: readonly (keyof typeof cliDefinitions)[]): Promise<string | undefined> {
  for (const name of names) {
    const { install } = cliDefinitions[name]
    if (install.kind !== 'npm') return `${name} is not from npm`
    try {
      await installCli(install)
    } catch (error) {
      return `${name} cannot be installed here: ${String(error)}`
    }
  }
  return undefined
}
