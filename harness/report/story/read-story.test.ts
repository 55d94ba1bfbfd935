import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readJobs, type ReportTrial } from '../model/read-jobs.ts'
import { writeSampleJob } from '../sample-results.ts'
import { readStory } from './read-story.ts'

let dir: string
let trials: ReportTrial[]
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'story-'))
  const job = await writeSampleJob({
    jobsDir: dir,
    jobName: 'sample',
    agents: [{ name: 'model' }, { name: 'model', model: 'acme/small' }],
    tasks: 6,
    attempts: 6,
  })
  trials = (await readJobs([job])).flatMap((j) => j.trials)
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const storyOf = async (outcome: string): Promise<Awaited<ReturnType<typeof readStory>>> => {
  const trial = trials.find(({ row }) => row.outcome === outcome)
  if (!trial) throw new Error(`the sample has no ${outcome} trial`)
  return readStory(trial.store)
}

test('a call has its requests, its output and what changed in the cluster because of it', async () => {
  const story = await storyOf('unsafe')
  const calls = story.steps.filter((step) => step.kind === 'call')
  expect(calls).toHaveLength(4)
  expect(calls.map(({ requests }) => requests.length)).toEqual([1, 1, 1, 1])
  expect(calls[0]?.changes).toEqual([])
  const fix = calls[2]
  expect(fix?.changes.map(({ object, kind }) => [object, kind])).toContainEqual([
    'deployment/orders -n shop',
    'changed',
  ])
  expect(fix?.changes.filter(({ isViolation }) => isViolation).map(({ object }) => object)).toEqual([
    'service/orders -n shop',
  ])
})

test('taking back the agent’s identity is nobody’s change', async () => {
  const story = await storyOf('solved')
  const calls = story.steps.filter((step) => step.kind === 'call')
  expect(calls.flatMap(({ changes }) => changes.map(({ object }) => object))).toEqual(['deployment/orders -n shop'])
  expect(story.moments.fixed?.ms).toBeLessThan(story.phases.find(({ phase }) => phase === 'revoke')?.from ?? 0)
})

test('a call is told as the command line that it is', async () => {
  const story = await storyOf('solved')
  const calls = story.steps.filter((step) => step.kind === 'call')
  expect(calls[2]?.command).toBe('kubectl set env deployment/orders MODE=live -n shop')
})

test('the moments are those of the call that fixed it and of the one that broke what was protected', async () => {
  const unsafe = await storyOf('unsafe')
  const place = (step: number | undefined): string => {
    const found = unsafe.steps[step ?? -1]
    return found?.kind === 'call' ? found.call : 'none'
  }
  expect(place(unsafe.moments.fixed?.step)).toBe('call-3')
  expect(place(unsafe.moments.protectedChange?.step)).toBe('call-3')
  const failed = await storyOf('failed')
  expect(failed.moments).toEqual({})
})

test('pods have a lane that tells how they did', async () => {
  const { pods } = await storyOf('solved')
  expect(pods.map(({ name, spans }) => [name, spans.map(([, , health]) => health)])).toEqual([
    ['shop/orders-7d9c', ['starting', 'ready']],
  ])
})
