import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { loadTask } from '../../task/load-task.ts'
import { stagesOf } from '../../harbor/stages.ts'
import { TrialStore } from '../../store/trial-store.ts'
import { runStages, type StageEnd } from './run-stages.ts'
import type { TrialSession } from '../trial-session.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'stages-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const toml = `[agent]
timeout_sec = 100
[verifier.env]
BOTH = "task"
OWN = "task"
[[steps]]
name = "one"
min_reward = 0.5
[[steps]]
name = "two"
[steps.agent]
timeout_sec = 7
[steps.verifier.env]
OWN = "step"
`

async function writeTask(text: string): Promise<string> {
  const task = path.join(dir, 'task')
  const files = {
    'task.toml': text,
    'environment/Dockerfile': 'FROM debian\n',
    'steps/one/instruction.md': 'First.\n',
    'steps/one/solution/solve.sh': '#!/bin/sh\n',
    'steps/two/instruction.md': 'Second.\n',
    'solution/solve.sh': '#!/bin/sh\n',
    'tests/test.sh': '#!/bin/sh\n',
    'steps/two/tests/test.sh': '#!/bin/sh\n',
  }
  for (const [file, content] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(task, file)), { recursive: true })
    await writeFile(path.join(task, file), content)
  }
  return task
}

/** Runs a task whose agents do nothing and whose verifiers give these rewards. */
async function run(text: string, rewards: Record<string, number>[]) {
  const task = await loadTask(await writeTask(text))
  const store = new TrialStore(path.join(dir, 'trial'))
  for (const folder of [store.agentDir, store.verifierDir, store.artifactsDir]) await mkdir(folder, { recursive: true })
  const told: unknown[] = []
  // as much of a session as stages use
  const session = {
    plan: { task, store },
    spans: {},
    usage: { inputTokens: 0 },
    recorder: {
      record: (event: unknown) => told.push(event),
      get count() {
        return told.length
      },
    },
    recordVerdicts: () => undefined,
  } as unknown as TrialSession
  const began: string[] = []
  const found = await runStages(session, stagesOf(task), async (stage, callPrefix): Promise<StageEnd> => {
    began.push(`${callPrefix} ${stage.instruction.trim()}`)
    const own = rewards[began.length - 1] ?? {}
    session.usage.inputTokens = began.length * 10
    await writeFile(path.join(store.verifierDir, 'test-stdout.txt'), `judged ${stage.step}`)
    const status = (own['reward'] ?? 0) >= 1 ? 'met' : 'not-met'
    const verdict = { verifier: `${stage.step}`, at: '', status, because: '', evidence: {}, durationMs: 1 } as const
    return {
      agent: { reason: 'finished', because: `${stage.step}` },
      script: { rewards: own, verdict },
      beside: { preservation: [], integrity: [] },
    }
  })
  return { found, began, store }
}

describe('a task of several steps', () => {
  it('is run step by step, and has the mean of their rewards', async () => {
    const { found, began, store } = await run(toml, [{ reward: 1 }, { reward: 0.5 }])
    expect(began).toEqual(['call- First.', 'call-2- Second.'])
    expect(found.rewards).toEqual({ reward: 0.75 })
    expect(found.findings.outcome.map(({ status }) => status)).toEqual(['met', 'not-met'])
    // the agent whose step is not met answers for the trial
    expect(found.agent.because).toBe('two')
    expect(found.steps).toEqual([
      { name: 'one', rewards: { reward: 1 }, usage: { inputTokens: 10 }, record: { from: 0, to: 1 } },
      { name: 'two', rewards: { reward: 0.5 }, usage: { inputTokens: 10 }, record: { from: 1, to: 2 } },
    ])
    expect(await readFile(path.join(store.stepDir('one'), 'verifier/test-stdout.txt'), 'utf8')).toBe('judged one')
  })

  it('ends with the step that misses its min_reward, and is not solved by it', async () => {
    const { found, began } = await run(`multi_step_reward_strategy = "final"\n${toml}`, [{ reward: 0.4 }])
    expect(began).toHaveLength(1)
    expect(found.rewards).toEqual({ reward: 0.4 })
    expect(found.findings.outcome.at(-1)).toMatchObject({
      status: 'not-met',
      because: 'it was not begun; one came before it: its reward is 0.4, and min_reward is 0.5',
    })
  })

  it('is judged by its last step alone where it says so', async () => {
    const { found } = await run(`multi_step_reward_strategy = "final"\n${toml}`, [{ reward: 0.5 }, { reward: 1 }])
    expect(found.rewards).toEqual({ reward: 1 })
    expect(found.findings.outcome).toMatchObject([{ verifier: 'two', status: 'met' }])
  })

  it('gives each step its own files and figures, and those of the task where it has none', async () => {
    const task = await loadTask(await writeTask(toml))
    const [one, two] = stagesOf(task)
    const inTask = (place: string | undefined): string => path.relative(task.dir, place ?? '/none')
    expect([one?.agentTimeoutSec, two?.agentTimeoutSec]).toEqual([100, 7])
    expect(two?.verifier.env).toEqual({ BOTH: 'task', OWN: 'step' })
    expect([one?.solutionDir, two?.solutionDir].map(inTask)).toEqual(['steps/one/solution', 'solution'])
    expect([one?.tests.map(inTask), two?.tests.map(inTask)]).toEqual([['tests'], ['tests', 'steps/two/tests']])
  })
})
