import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import * as fc from 'fast-check'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { startTimeOf } from '../base/daemon.ts'
import type { Outcome } from '../record/events.ts'
import { JobStore, listJobs, type StoredTrial } from './job-store.ts'
import { plannedKey, type PlannedTrial } from './planned-trial.ts'
import { passAtK } from './pass-at-k.ts'
import { summarizeProgress } from './resume.ts'
import { sampleFacts, samplePlan, samplePlanned, sampleTasks } from './sample-job.ts'
import { makeJobName, makeTrialName } from './trial-name.ts'
import type { TrialStore } from './trial-store.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'store-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

let seconds = 0
async function begin(job: JobStore, planned: PlannedTrial): Promise<TrialStore> {
  const trial = await job.newTrial(planned.task.name)
  const { placed } = sampleFacts(planned, { trialName: trial.name, jobsDir: dir, jobId: job.stored.id }, 'failed')
  await trial.begin(planned, placed)
  return trial
}

async function finish(job: JobStore, planned: PlannedTrial, outcome: Outcome): Promise<TrialStore> {
  const trial = await begin(job, planned)
  const placed = { trialName: trial.name, jobsDir: dir, jobId: job.stored.id }
  await trial.finish(sampleFacts(planned, placed, outcome, seconds++))
  return trial
}

const planned = samplePlanned()
const [first, second, third, fourth] = planned as [PlannedTrial, PlannedTrial, PlannedTrial, PlannedTrial]

test('a job and its trials are read back as they were written', async () => {
  const job = await JobStore.create(samplePlan(dir), planned)
  const trial = await finish(job, second, 'unsafe')
  const again = await JobStore.open(job.dir)
  expect(again.stored).toEqual(job.stored)
  expect(await listJobs(dir)).toEqual([job.dir])
  const [stored] = await again.trials()
  expect(stored?.store.name).toBe(trial.name)
  expect(stored?.state).toMatchObject({
    state: 'finished',
    result: {
      task_name: 'checkout',
      verifier_result: { rewards: { reward: 0 } },
      exception_info: null,
      started_at: expect.stringMatching(/^2026-11-21T01:00:\d\d\.123000Z$/) as string,
      x_kubemend: { outcome: 'unsafe', attempt: 1, record: { lines: 42 } },
    },
  })
})

test('a trial is running while its process lives, crashed when it died, damaged when its result is no result', async () => {
  const job = await JobStore.create(samplePlan(dir), planned)
  const running = await begin(job, first)
  const crashed = await begin(job, second)
  const { pid } = spawnSync('true')
  writeFileSync(path.join(crashed.evidenceDir, 'owner.json'), JSON.stringify({ pid, startedAt: '1' }))
  const damaged = await finish(job, third, 'solved')
  writeFileSync(damaged.result, readFileSync(damaged.result, 'utf8').slice(0, 300))
  const wrong = await finish(job, fourth, 'solved')
  writeFileSync(wrong.result, readFileSync(wrong.result, 'utf8').replace('"outcome": "solved"', '"outcome": "won"'))
  const states = Object.fromEntries((await job.trials()).map(({ store, state }) => [store.name, state]))
  expect(states[running.name]).toEqual({ state: 'running' })
  expect(states[crashed.name]).toEqual({ state: 'crashed' })
  expect(states[damaged.name]).toMatchObject({ state: 'damaged' })
  expect(states[wrong.name]).toMatchObject({
    state: 'damaged',
    problems: [expect.stringContaining('x_kubemend.outcome: expected one of solved, unsafe') as string],
  })
})

test('only solved earns a reward, and an invalid trial has none at all', async () => {
  const job = await JobStore.create(samplePlan(dir), planned)
  const rewards: Record<string, unknown> = {}
  for (const outcome of ['solved', 'unsafe', 'failed', 'stopped', 'agent-error', 'invalid'] as const) {
    const trial = await finish(job, first, outcome)
    const result = JSON.parse(readFileSync(trial.result, 'utf8')) as Record<string, Record<string, unknown> | null>
    rewards[outcome] = [result['verifier_result']?.['rewards'], result['exception_info']?.['exception_type']]
  }
  expect(rewards).toEqual({
    solved: [{ reward: 1 }, undefined],
    unsafe: [{ reward: 0 }, undefined],
    failed: [{ reward: 0 }, undefined],
    stopped: [{ reward: 0 }, 'AgentTimeoutError'],
    'agent-error': [{ reward: 0 }, 'NonZeroAgentExitCodeError'],
    invalid: [undefined, 'InvalidTrialError'],
  })
})

test('resuming finds exactly what is missing or invalid, and what must be set aside first', async () => {
  const job = await JobStore.create(samplePlan(dir), planned)
  await finish(job, first, 'solved')
  await finish(job, second, 'invalid')
  await finish(job, third, 'invalid')
  await finish(job, third, 'failed')
  const broken = await begin(job, fourth)
  await rm(path.join(broken.evidenceDir, 'owner.json'))
  const progress = summarizeProgress(planned, await job.trials())
  expect(progress.done.map((d) => plannedKey(d.planned))).toEqual([first, third].map(plannedKey))
  expect(progress.missing.map(plannedKey)).toEqual([second, fourth, ...planned.slice(4)].map(plannedKey))
  expect(progress.invalid.map((i) => plannedKey(i.planned))).toEqual([plannedKey(second)])
  expect(progress.broken.map((t) => t.store.name)).toEqual([broken.name])

  const target = await job.setAside(broken)
  expect(existsSync(path.join(target, 'config.json'))).toBe(true)
  expect((await job.trials()).map((t) => t.store.name)).not.toContain(broken.name)
})

test('results of a task that has changed since do not count', async () => {
  const job = await JobStore.create(samplePlan(dir), planned)
  await finish(job, first, 'solved')
  const changed = planned.map((p) => ({ ...p, task: { ...p.task, digest: `sha256:${'c'.repeat(64)}` as const } }))
  const progress = summarizeProgress(changed, await job.trials())
  expect(progress.done).toEqual([])
  expect(progress.missing).toHaveLength(planned.length)
  expect(progress.stale).toMatchObject([{ because: 'the task checkout has changed since' }])
})

test('whatever was done and lost, done and missing together are the plan', async () => {
  const outcomes = fc.constantFrom<Outcome>('solved', 'failed', 'invalid')
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(planned.length - 1), outcomes), { maxLength: 20 }), (made) => {
      const trials = made.map(([i, outcome], n) => {
        const p = planned[i] as PlannedTrial
        const result = {
          task_name: p.task.name,
          task_id: { path: p.task.path },
          source: p.task.dataset,
          finished_at: `2026-11-21T01:00:${String(n).padStart(2, '0')}Z`,
          x_kubemend: { outcome, attempt: p.attempt, digest: p.task.digest, agent: p.agent },
        }
        return { store: { name: `t${n}` }, state: { state: 'finished', result } } as unknown as StoredTrial
      })
      const { done, missing } = summarizeProgress(planned, trials)
      expect([...done.map((d) => d.planned), ...missing].map(plannedKey).toSorted()).toEqual(
        planned.map(plannedKey).toSorted(),
      )
      const good = new Set(made.filter(([, outcome]) => outcome !== 'invalid').map(([i]) => i))
      expect(done).toHaveLength(good.size)
    }),
  )
})

test('a job result counts outcomes, keeps invalid trials out of averages, and says what is to come', async () => {
  const job = await JobStore.create(samplePlan(dir), planned)
  for (const [i, outcome] of (['solved', 'unsafe', 'invalid', 'failed', 'failed'] as const).entries())
    await finish(job, planned[i] as PlannedTrial, outcome)
  const { done, invalid } = summarizeProgress(planned, await job.trials())
  const results = [...done, ...invalid].map((d) => d.result)
  await job.writeResult({ updatedAt: new Date(), running: 1, retries: 0, results })
  const result = JSON.parse(readFileSync(job.result, 'utf8')) as { stats: Record<string, unknown>; x_kubemend: unknown }
  expect(result.x_kubemend).toEqual({
    version: 1,
    outcomes: { solved: 1, unsafe: 1, failed: 2, stopped: 0, 'agent-error': 0, invalid: 1 },
  })
  expect(result.stats).toMatchObject({
    n_completed_trials: 5,
    n_errored_trials: 1,
    n_running_trials: 1,
    n_pending_trials: 2,
  })
  expect(result.stats['evals']).toMatchObject({
    oracle__core: {
      n_trials: 2,
      metrics: [{ mean: 0.5 }],
      reward_stats: { reward: { '0': [expect.any(String)], '1': [expect.any(String)] } },
    },
    'model__a-model__core': { n_trials: 2, metrics: [{ mean: 0 }] },
  })
  expect(result.stats['cost_usd']).toBe(0.5)
})

test('pass@k is unbiased: it is the share of all choices of k attempts with a success', () => {
  const choices = (n: number, k: number): number[][] =>
    k === 0 ? [[]] : Array.from({ length: n }, (_, i) => choices(i, k - 1).map((rest) => [...rest, i])).flat()
  fc.assert(
    fc.property(fc.array(fc.constantFrom(0, 1), { minLength: 2, maxLength: 9 }), (rewards) => {
      const stated = passAtK(rewards.map((reward) => ({ task: 't', rewards: { reward } })))
      expect(Object.keys(stated)).toEqual([2, 4, 5, 8].filter((k) => k <= rewards.length).map(String))
      for (const [k, value] of Object.entries(stated)) {
        const all = choices(rewards.length, Number(k))
        expect(value).toBeCloseTo(all.filter((c) => c.some((i) => rewards[i] === 1)).length / all.length, 10)
      }
    }),
  )
  expect(passAtK([{ task: 't', rewards: { reward: 0.5 } }])).toEqual({})
  expect(passAtK([{ task: 't', rewards: { a: 1, b: 0 } }])).toEqual({})
})

test('names are as Harbor makes them, and safe as folders', () => {
  expect(makeTrialName('org/checkout-is-down')).toMatch(/^checkout-is-down__[2-9A-HJ-NP-Za-km-z]{7}$/)
  expect(makeTrialName(`${'x'.repeat(31)}-more`)).toMatch(/^x{31}__.{7}$/)
  expect(makeJobName(new Date(2026, 10, 21, 1, 2, 3))).toBe('2026-11-21__01-02-03')
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (name) => {
      expect(makeTrialName(name)).toMatch(/^[\w-][\w.-]*__\w{7}$/)
    }),
  )
})

test('a job of the same name, a folder that is no job and a broken plan are told apart', async () => {
  const job = await JobStore.create(samplePlan(dir), planned)
  await expect(JobStore.create(samplePlan(dir), planned)).rejects.toThrow('there is a job of this name already')
  await mkdir(path.join(dir, 'something'))
  await expect(JobStore.open(path.join(dir, 'something'))).rejects.toThrow("expected a job's folder with kubemend.json")
  writeFileSync(job.planFile, '{"version": 2}')
  await expect(JobStore.open(job.dir)).rejects.toThrow('kubemend.json: version: expected 1, got 2')
  expect(await listJobs(path.join(dir, 'nowhere'))).toEqual([])
})

test('two processes do not work on the same job', async () => {
  const job = await JobStore.create(samplePlan(dir), planned)
  await job.claim()
  await job.claim()
  const parent = { pid: process.ppid, startedAt: startTimeOf(process.ppid) }
  writeFileSync(path.join(job.dir, '.owner.json'), JSON.stringify(parent))
  await expect(job.claim()).rejects.toThrow(`process ${process.ppid} is working on this job`)
})

test('a results folder that cannot be written is said in one sentence, with what to do', async () => {
  writeFileSync(path.join(dir, 'file'), '')
  const create = JobStore.create(samplePlan(path.join(dir, 'file', 'results')), planned)
  await expect(create).rejects.toMatchObject({
    code: 'bad-folder',
    message: expect.stringContaining('a part of this path is a file') as string,
    hint: 'choose another folder with --out',
  })
})

test('an interrupted write leaves the old content and no reader sees a part', async () => {
  const job = await JobStore.create(samplePlan(dir), planned)
  const trial = await begin(job, first)
  await trial.writeJson(trial.verdicts, { all: 'well' })
  const circular: Record<string, unknown> = {}
  circular['self'] = circular
  await expect(trial.writeJson(trial.verdicts, circular)).rejects.toThrow()
  expect(JSON.parse(readFileSync(trial.verdicts, 'utf8'))).toEqual({ all: 'well' })
  expect((await readdir(trial.evidenceDir)).toSorted()).toEqual(['owner.json', 'verdicts.json'])
  expect(sampleTasks).toHaveLength(2)
})
