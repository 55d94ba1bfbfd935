import { randomUUID } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Agent, AgentBudget } from '../../agents/agent.ts'
import type { Answer, ScriptedCall, Scenario } from '../../agents/model/fake-server/scenario.ts'
import { startFakeServer, type FakeServer } from '../../agents/model/fake-server/start-fake-server.ts'
import { createModelAgent } from '../../agents/model/model.ts'
import { chooseModel } from '../../agents/model/choose-model.ts'
import { loadPrices } from '../../agents/price-of.ts'
import type { Provider } from '../../environments/provider.ts'
import { verifiers } from '../../verifiers/library.ts'
import { readTrajectory } from '../record/atif-reader.ts'
import type { Outcome } from '../record/events.ts'
import { JobStore } from '../store/job-store.ts'
import type { TrialFacts } from '../store/trial-result.ts'
import type { TrialStore } from '../store/trial-store.ts'
import { loadTask } from '../task/load-task.ts'
import { writeSampleTask } from '../task/sample-task.ts'
import type { Task } from '../task/task.ts'
import { runTrial } from './run.ts'
import { TrialFault } from './trial-fault.ts'

const webFile = (replicas: number): string =>
  `apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  replicas: ${replicas}\n`
const read: Answer = { think: 'What is there?', calls: [call('read_file', { path: 'web.yaml' })] }
const list: Answer = { say: 'Let me look around.', calls: [call('list_files', {})] }
const fix: Answer = { say: 'That is it.', calls: [call('write_file', { path: 'web.yaml', content: webFile(2) })] }
const submit: Answer = { calls: [call('submit', { summary: 'replicas were 0' })] }
const repair = [list, read, fix, read, list, submit]
const flood: Answer = { calls: Array.from({ length: 12 }, () => call('list_files', {})) }
const unknownTool: Answer = { calls: [call('shell', { command: 'kubectl get pods' })] }
const brokenJson: Answer = { calls: [{ ...call('list_files', {}), rawArgs: '{"folder": "." ' }] }
const retryAfterMs = 20

interface Case {
  scenario: Scenario
  outcome: Outcome
  /** The end of the trial's story, or a part of it. */
  because?: RegExp
  errorType?: string
  /** How many requests the model's server may see. */
  requests?: number
  budget?: Partial<AgentBudget>
  stallMs?: number
}

/** Each of them with each of the four protocols. */
const cases: Record<string, Case> = {
  'solves it in six calls': { scenario: repair, outcome: 'solved', requests: 6 },
  'says that it is done and has done nothing': { scenario: [list, { say: 'All fine.' }], outcome: 'failed' },
  wanders: { scenario: [list, read], outcome: 'stopped', because: /its 9 steps/, budget: { steps: 9 } },
  'floods the gateway': { scenario: [flood], outcome: 'stopped', because: /its 40 tool calls/ },
  'asks for a tool that is not there, then repairs': {
    scenario: [unknownTool, unknownTool, ...repair],
    outcome: 'solved',
    requests: 8,
  },
  'asks for tools that are not there for ever': {
    scenario: [unknownTool],
    outcome: 'agent-error',
    because: /no valid tool calls/,
    requests: 5,
  },
  'sends broken JSON, then repairs': { scenario: [brokenJson, ...repair], outcome: 'solved', requests: 7 },
  'sends broken JSON for ever': {
    scenario: [brokenJson],
    outcome: 'agent-error',
    because: /no valid tool/,
    requests: 5,
  },
  'says nothing, then repairs': { scenario: [{ say: '' }, ...repair], outcome: 'solved', requests: 7 },
  'is cut off for ever': { scenario: [{ say: 'So', isCut: true }], outcome: 'agent-error', requests: 5 },
  'is limited in its rate twice': {
    scenario: [{ fail: 'rate-limit', retryAfterMs }, { fail: 'rate-limit', retryAfterMs }, ...repair],
    outcome: 'solved',
    requests: 8,
  },
  'is limited in its rate for ever': {
    scenario: [list, { fail: 'rate-limit', retryAfterMs }],
    outcome: 'invalid',
    because: /rate/,
    errorType: 'ApiRateLimitError',
    requests: 4,
  },
  'meets an overloaded provider once': { scenario: [{ fail: 'overload' }, ...repair], outcome: 'solved', requests: 7 },
  'meets a broken provider for ever': {
    scenario: [{ fail: 'broken' }],
    outcome: 'invalid',
    errorType: 'ApiOverloadedError',
    requests: 3,
  },
  'loses the connection in the middle of an answer': {
    scenario: [{ drop: 'mid-stream', answer: fix }, ...repair],
    outcome: 'solved',
    requests: 7,
  },
  'loses every connection': {
    scenario: [list, { drop: 'before' }],
    outcome: 'invalid',
    errorType: 'ApiConnectionClosedError',
    requests: 4,
  },
  'has its answers stall': {
    scenario: [{ stall: true }],
    stallMs: 200,
    outcome: 'invalid',
    errorType: 'ApiResponseStalledError',
    requests: 3,
  },
  refuses: {
    scenario: [list, { say: 'I cannot help.', refuses: true }],
    outcome: 'agent-error',
    errorType: 'AgentSafetyRefusalError',
  },
  'has a key that is refused': {
    scenario: [{ fail: 'auth' }],
    outcome: 'invalid',
    because: /not logged in/,
    errorType: 'AgentAuthenticationError',
    requests: 1,
  },
  'has spent its quota': {
    scenario: [list, { fail: 'quota' }],
    outcome: 'invalid',
    because: /quota or credit/,
    errorType: 'ApiUsageLimitError',
    requests: 2,
  },
  'asks for a model that is not there': {
    scenario: [{ fail: 'no-model' }],
    outcome: 'invalid',
    errorType: 'ModelNotFoundError',
    requests: 1,
  },
  'grows too long once': { scenario: [read, read, { fail: 'too-long' }, ...repair], outcome: 'solved', requests: 9 },
  'spends its tokens': {
    scenario: [{ ...list, usage: { input: 1000, output: 100 } }],
    outcome: 'stopped',
    because: /its 3000 tokens/,
    budget: { tokens: 3000 },
    requests: 3,
  },
}

const protocols = {
  'openai-chat': { model: 'local/scripted', path: '/v1' },
  'openai-responses': { model: 'openai/gpt-6-sol', path: '/v1' },
  anthropic: { model: 'anthropic/claude-sonnet-5-5', path: '/v1' },
  gemini: { model: 'google/scripted', path: '/v1beta' },
}
type ProtocolName = keyof typeof protocols

/** A task without a cluster asks nothing of it. */
const noProvider = { name: 'none' } as Provider

const key = 'sk-kubemend-test-0123456789abcdef'
const env = { ANTHROPIC_API_KEY: key, OPENAI_API_KEY: key, GEMINI_API_KEY: key }

let dir: string
let task: Task
let store: JobStore
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'model-scenarios-'))
  task = await loadTask(await writeWorkspaceTask(path.join(dir, 'task')), { verifiers })
  store = await makeStore('job')
})
afterAll(() => rm(dir, { recursive: true, force: true }))

describe.each(Object.keys(protocols) as ProtocolName[])('a model over %s that', (protocol) => {
  it.concurrent.each(Object.keys(cases))('%s', async (name) => {
    const wanted = cases[name]!
    await using server = await startFakeServer(wanted.scenario)
    const { facts } = await runWith(
      server,
      protocol,
      wanted.budget,
      wanted.stallMs === undefined ? {} : { stallMs: wanted.stallMs },
    )
    expect(facts.outcome, facts.because).toBe(wanted.outcome)
    if (wanted.because) expect(facts.because).toMatch(wanted.because)
    if (wanted.errorType) expect(facts.error?.type).toBe(wanted.errorType)
    if (wanted.requests !== undefined) expect(server.requests).toHaveLength(wanted.requests)
    expect(new Set(server.requests.map((request) => request.protocol))).toEqual(new Set([protocol]))
  })

  it('is recorded with its words, thoughts, calls, tokens and cost, and without its key', async () => {
    const usage = { input: 2000, output: 50, cached: 1500 }
    await using server = await startFakeServer([
      { ...read, usage },
      { ...fix, usage },
      { ...submit, usage },
    ])
    const { facts, file } = await runWith(server, protocol)
    const trajectory = await readTrajectory(file)
    const [system, user, ...steps] = trajectory.steps
    expect(system).toMatchObject({ source: 'system', message: expect.stringContaining('You have 40 seconds') })
    expect(user).toMatchObject({ source: 'user', message: expect.stringContaining('Repair web.yaml') })
    expect(steps.map((step) => step.tool_calls?.[0]?.function_name)).toEqual(['read_file', 'write_file', 'submit'])
    expect(steps[0]).toMatchObject({
      reasoning_content: 'What is there?',
      metrics: { prompt_tokens: 2000, completion_tokens: 50, cached_tokens: 1500 },
      observation: { results: [{ content: webFile(0) }] },
    })
    // no price is known for two of the models, and that is not a price of nothing
    const cost = { 'openai-responses': 0.0054, anthropic: 0.00495 }[protocol as string]
    if (cost === undefined) expect(facts.usage).not.toHaveProperty('costUsd')
    else expect(facts.usage?.costUsd).toBeCloseTo(cost, 10)
    expect(facts.usage).toMatchObject({ inputTokens: 6000, outputTokens: 150, cachedTokens: 4500 })
    expect(JSON.stringify(trajectory)).not.toContain(key)
  })
})

it('writes a key that the model says back into no record', async () => {
  await using server = await startFakeServer([
    { say: `Your key is ${key}.`, calls: [call('read_file', { path: key })] },
    submit,
  ])
  const { file } = await runWith(server, 'anthropic')
  const text = JSON.stringify(await readTrajectory(file))
  expect(text).toContain('Your key is')
  expect(text).not.toContain(key)
})

it('drops the oldest tool output before the window is full, and says so in the record', async () => {
  const look = { ...read, usage: { input: 9000, output: 10 } }
  await using server = await startFakeServer([look, look, look, look, look, look, ...repair])
  const { facts, file } = await runWith(server, 'openai-responses', {}, { contextTokens: 10_000 })
  expect(facts.outcome).toBe('solved')
  const pruned = (await readTrajectory(file)).steps.filter((step) => step.extra?.['context_management'])
  expect(pruned[0]).toMatchObject({
    source: 'system',
    extra: { context_management: { type: 'pruning', boundary: 'replace' } },
  })
  const last = server.requests.at(-1)!
  expect(last.toolResults.filter((text) => text.includes('dropped to make room')).length).toBeGreaterThan(0)
  expect(last.toolResults.at(-1)).toContain('web.yaml')
})

it('makes calls of one answer at the same time, and gives each its own result back', async () => {
  const both: Answer = {
    calls: [call('read_file', { path: 'web.yaml' }), call('list_files', {}), call('read_file', { path: 'no' })],
  }
  await using server = await startFakeServer([both, fix, submit])
  await runWith(server, 'anthropic')
  const [first, second, third] = server.requests[1]!.toolResults
  expect(first).toContain('replicas: 0')
  expect(second).toContain('web.yaml')
  expect(third).toMatch(/no/)
})

it('gives the prompt of a file in place of ours, with the budget in it', async () => {
  const prompt = path.join(dir, 'prompt.md')
  await writeFile(prompt, 'Be brief. {{budget}}\n')
  await using server = await startFakeServer([fix, submit])
  const { file } = await runWith(server, 'openai-chat', { usd: 2 }, { promptFile: prompt })
  const [system] = (await readTrajectory(file)).steps
  expect(system?.message).toBe(
    'Be brief. You have 40 seconds, 40 tool calls and $2. When one of them is used up, your work ends as it is.',
  )
})

it('waits as long as the provider asks, and no longer than it has patience for', async () => {
  await using server = await startFakeServer([{ fail: 'rate-limit', retryAfterMs: 3_600_000 }])
  const { facts } = await runWith(server, 'anthropic')
  expect(facts.outcome).toBe('invalid')
  expect(server.requests).toHaveLength(1)
})

it.each([
  [new Error('it tripped'), 'agent-error', /^it tripped; /],
  [new TrialFault('harness', 'no-sandbox', 'there is no sandbox'), 'invalid', /^agent: there is no sandbox$/],
] as const)('calls an agent that throws %s by whose fault it is', async (error, outcome, because) => {
  const run: Agent['run'] = async () => {
    throw error
  }
  const agent: Agent = { name: 'thrower', version: '1', usesModel: false, run }
  const facts = await runAgent(agent, await store.newTrial(task.name), {})
  expect(facts).toMatchObject({ outcome, because: expect.stringMatching(because) as string })
})

async function runWith(
  server: FakeServer,
  protocol: ProtocolName,
  budget: Partial<AgentBudget> = {},
  more: { contextTokens?: number; promptFile?: string; stallMs?: number } = {},
): Promise<{ facts: TrialFacts; file: string }> {
  const { model, path: base } = protocols[protocol]
  const agent = createModelAgent({
    choice: chooseModel(model, { baseUrl: `${server.url}${base}`, env }),
    priceOf: await loadPrices(),
    retry: { tries: 3, firstMs: 5, maxMs: 5_000 },
    stallMs: 30_000,
    ...more,
  })
  const trial = await store.newTrial(task.name)
  return { facts: await runAgent(agent, trial, budget), file: trial.trajectory }
}

function runAgent(agent: Agent, trial: TrialStore, budget: Partial<AgentBudget>): Promise<TrialFacts> {
  const environment = { provider: 'none', kubernetes: '1.35' }
  const { name, model } = agent
  return runTrial({
    id: randomUUID(),
    planned: {
      task: { name: task.name, path: task.dir, digest: task.digest },
      agent: { name, ...(model === undefined ? {} : { model }) },
      attempt: 1,
    },
    placed: { trialName: trial.name, trialsDir: store.dir, jobId: store.stored.id, environment },
    task,
    agent,
    provider: noProvider,
    store: trial,
    verifiers,
    programs: { kubectl: 'kubectl', portal: 'portal' },
    budget: { timeMs: 40_000, toolCalls: 40, ...budget },
    tools: 'kubectl',
    kubemend: 'test',
  })
}

function makeStore(jobName: string): Promise<JobStore> {
  const environment = { provider: 'none', kubernetes: '1.35' }
  return JobStore.create({ jobName, jobsDir: dir, agents: [], tasks: [], attempts: 1, concurrency: 1, environment }, [])
}

function call(tool: string, args: Record<string, unknown>): ScriptedCall {
  return { tool, args }
}

/** A file to repair: the smallest task there is. */
function writeWorkspaceTask(target: string): Promise<string> {
  return writeSampleTask(target, {
    'task.toml': `schema_version = "1.4"

[task]
name = "acme/replicas"
description = "A file says 0 where it should say 2"

[metadata.kubemend]
kind = "workspace"
difficulty = "easy"
category = "configuration"
canary = "11111111-2222-4333-8444-555555555555"

[environment]
docker_image = "kubemend/task:1"
`,
    'instruction.md': '<!-- kubemend canary 11111111-2222-4333-8444-555555555555 -->\n\nRepair web.yaml.\n',
    'environment/cluster.yaml': undefined,
    'environment/world/00-namespace.yaml': undefined,
    'environment/world/10-checkout.yaml': undefined,
    'environment/fault/10-wrong-port.yaml': undefined,
    'environment/workspace/web.yaml': webFile(0),
    'solution/solve.sh': '#!/bin/bash\nset -e\nsed -i "s/replicas: 0/replicas: 2/" web.yaml\n',
    'tests/contract.yaml': `outcome:
  - file-equals: { path: web.yaml, contains: "replicas: 2" }
may-change:
  - file/web.yaml: [spec.replicas]
`,
  })
}
