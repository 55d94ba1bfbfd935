import { existsSync } from 'node:fs'
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mustRun } from '../../harness/base/command.ts'
import { buildTrajectory } from '../../harness/record/atif.ts'
import type { AtifTrajectory } from '../../harness/record/atif-format.ts'
import { parseTrajectory } from '../../harness/record/atif-reader.ts'
import type { Outcome, RecordedEvent } from '../../harness/record/events.ts'
import { modelTrial } from '../../harness/record/sample-trial.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { JobStore } from '../../harness/store/job-store.ts'
import type { TrialResult } from '../../harness/store/read-trial-result.ts'
import { summarizeProgress } from '../../harness/store/resume.ts'
import type { TrialFacts } from '../../harness/store/trial-result.ts'
import { sampleFacts, samplePlan, samplePlanned } from '../../harness/store/sample-job.ts'
import { findHarbor, type Harbor } from './find-harbor.ts'

const found = await findHarbor()
const harborTest = 'harbor' in found ? test : test.skip
if ('missing' in found) test('Harbor is here', (ctx) => ctx.skip(found.missing))

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'harbor-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const harbor = (): Harbor => {
  if ('missing' in found) throw new Error(found.missing)
  return found.harbor
}

/** What Harbor's own validator says: its exit code and its words. */
async function validate(trajectory: unknown): Promise<{ isValid: boolean; said: string }> {
  await mkdir(dir, { recursive: true })
  await writeFile(path.join(dir, 'trajectory.json'), JSON.stringify(trajectory))
  const result = await harbor().python(['-m', 'harbor.utils.trajectory_validator', '/files/trajectory.json'], dir)
  return { isValid: result.exitCode === 0, said: result.stdout + result.stderr }
}

const sample = (): Promise<AtifTrajectory> =>
  buildTrajectory(
    modelTrial.map((event, seq): RecordedEvent => ({ seq, at: '2026-11-21T01:02:03.456Z', ms: seq, ...event })),
  )

harborTest('Harbor takes our trajectories for valid', async () => {
  expect(await validate(await sample())).toMatchObject({ isValid: true })
})

harborTest('what Harbor refuses we refuse, and what it takes we take', async () => {
  const valid = await sample()
  const [first, second, third] = valid.steps
  const cases: Record<string, unknown> = {
    'as it is': valid,
    'an unknown version': { ...valid, schema_version: 'ATIF-v1.9' },
    'a newer known version': { ...valid, schema_version: 'ATIF-v1.8' },
    'no steps': { ...valid, steps: [] },
    'an unknown field': { ...valid, reward: 1 },
    'an unknown field in a step': { ...valid, steps: [{ ...first, verdict: 'met' }] },
    'steps out of order': { ...valid, steps: [second, first] },
    'a model name on a step of the user': { ...valid, steps: [first, { ...second, model_name: 'm' }] },
    'null on a step of the user': { ...valid, steps: [first, { ...second, model_name: null }] },
    'a result of no call': {
      ...valid,
      steps: [first, second, { ...third, observation: { results: [{ source_call_id: 'nobody' }] } }],
    },
    'a model-free step with metrics': { ...valid, steps: [first, second, { ...third, llm_call_count: 0 }] },
    'arguments as text': {
      ...valid,
      steps: [
        {
          step_id: 1,
          source: 'agent',
          message: '',
          tool_calls: [{ tool_call_id: 'x', function_name: 'f', arguments: '{}' }],
        },
      ],
    },
    'a time that is none': { ...valid, steps: [{ ...first, timestamp: 'yesterday' }] },
    'text parts': { ...valid, steps: [{ step_id: 1, source: 'user', message: [{ type: 'text', text: 'hi' }] }] },
    'a text part without text': { ...valid, steps: [{ step_id: 1, source: 'user', message: [{ type: 'text' }] }] },
    'a subagent without an id': { ...valid, subagent_trajectories: [valid] },
    'a subagent with an id': { ...valid, subagent_trajectories: [{ ...valid, trajectory_id: 'sub' }] },
    'a reference to nothing': {
      ...valid,
      steps: [first, { ...second, observation: { results: [{ subagent_trajectory_ref: [{ session_id: 's' }] }] } }],
    },
    'negative tokens are tokens': { ...valid, final_metrics: { total_steps: -1 } },
  }
  for (const [name, trajectory] of Object.entries(cases)) {
    const { isValid, said } = await validate(trajectory)
    let ours = true
    try {
      parseTrajectory(JSON.stringify(trajectory), name)
    } catch {
      ours = false
    }
    expect([name, ours], said).toEqual([name, isValid])
  }
})

interface HarborView {
  parsed: string[]
  errors: string[]
  viewer: Record<string, { config: boolean; result: boolean; trials: Record<string, boolean> }>
  rewritten: Record<string, unknown>
  stats: unknown
}

harborTest('Harbor reads a job of ours with its own models and viewer, and counts as we count', async () => {
  const jobs = path.join(dir, 'jobs')
  const planned = samplePlanned()
  const job = await JobStore.create({ ...samplePlan(jobs) }, planned)
  const outcomes: Outcome[] = ['solved', 'unsafe', 'failed', 'stopped', 'agent-error', 'solved', 'solved', 'failed']
  for (const [i, plan] of planned.entries()) {
    const trial = await job.newTrial(plan.task.name)
    const placed = { trialName: trial.name, jobsDir: jobs, jobId: job.stored.id }
    const facts = sampleFacts(plan, placed, outcomes[i] ?? 'failed', i)
    await trial.begin(plan, facts.placed)
    await trial.finish(i === 6 ? { ...facts, steps: stepsOf(facts) } : facts)
  }
  const unfinished = await job.newTrial('checkout')
  await unfinished.begin(
    planned[0]!,
    sampleFacts(planned[0]!, { trialName: unfinished.name, jobsDir: jobs, jobId: job.stored.id }, 'failed').placed,
  )
  const trials = await job.trials()
  const byName = (a: TrialResult, b: TrialResult): number => (a.trial_name < b.trial_name ? -1 : 1)
  const results = summarizeProgress(planned, trials)
    .done.map((d) => d.result)
    .toSorted(byName)
  await job.writeResult({ updatedAt: new Date(), finishedAt: new Date(), running: 0, retries: 0, results })

  await copyFile(path.join(import.meta.dirname, 'parse_job.py'), path.join(dir, 'parse_job.py'))
  const { stdout, stderr } = await harbor().python(['/files/parse_job.py', '/files/jobs'], dir)
  const view = JSON.parse(stdout || JSON.stringify({ errors: [stderr] })) as HarborView
  expect(view.errors).toEqual([])
  expect(view.parsed).toHaveLength(3 + 8 * 3 + 2)
  expect(view.viewer[job.stored.plan.jobName]).toMatchObject({ config: true, result: true })
  expect(Object.values(view.viewer[job.stored.plan.jobName]?.trials ?? {}).filter(Boolean)).toHaveLength(8)
  for (const { store, state } of trials) {
    if (state.state !== 'finished') continue
    const text = await readFile(store.result, 'utf8')
    const { x_kubemend: _, ...ours } = JSON.parse(text) as Record<string, unknown>
    expect(JSON.stringify(ours, undefined, 4)).toBe(JSON.stringify(view.rewritten[store.name], undefined, 4))
  }
  const ours = JSON.parse(await readFile(job.result, 'utf8')) as {
    stats: { evals: Record<string, Record<string, unknown>> }
  }
  const theirs = view.stats as typeof ours.stats
  for (const evaluation of Object.values(theirs.evals)) delete evaluation['metrics']
  for (const evaluation of Object.values(ours.stats.evals)) delete evaluation['metrics']
  expect(normalized(ours.stats)).toEqual(normalized(theirs))
})

/** What a task of two steps would say. */
function stepsOf({ spans }: TrialFacts): NonNullable<TrialFacts['steps']> {
  const { agent, verifier } = spans
  const record = { from: 1, to: 9 }
  const timed = { ...(agent ? { agent } : {}), ...(verifier ? { verifier } : {}) }
  return [
    { name: 'sort', rewards: { reward: 1, tidy: 0 }, usage: { inputTokens: 10, costUsd: 0.5 }, record, ...timed },
    { name: 'stamp', rewards: { reward: 1 }, usage: {}, record },
  ]
}

/** Harbor's keys of numbers are "1.0" in its files and "1" in ours after a round through JSON. */
function normalized(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value).replaceAll('.0"', '"'))
}

harborTest('Harbor takes every task of ours, and every fixture, for a task', async () => {
  const place = path.join(dir, 'tasks')
  await cp(path.join(packageRoot, 'tasks'), path.join(place, 'ours'), { recursive: true })
  for (const folder of ['fixtures', 'ordinary', 'stepwise', 'built', 'elsewhere', 'beside'])
    await cp(path.join(import.meta.dirname, folder), path.join(place, folder), { recursive: true })
  await copyFile(path.join(import.meta.dirname, 'load_tasks.py'), path.join(dir, 'load_tasks.py'))
  const { stdout, stderr } = await harbor().python(['/files/load_tasks.py', '/files/tasks'], dir)
  const said = JSON.parse(stdout || JSON.stringify({ stderr })) as Record<string, string | null>
  expect(Object.keys(said).length).toBeGreaterThan(15)
  expect(Object.entries(said).filter(([folder, name]) => name?.split('/')[1] !== folder && name !== folder)).toEqual([])
})

harborTest('Harbor takes every task that we export for one with a verifier of its own', async () => {
  const packed = path.join(dir, 'package')
  await mkdir(packed)
  await mustRun(['npm', 'pack', '--silent', '--ignore-scripts', '--pack-destination', packed], { cwd: packageRoot })
  const [archive = ''] = await readdir(packed)
  const out = path.join(dir, 'exported')
  const cli = [process.execPath, path.join(packageRoot, 'harness/cli/main.ts')]
  await mustRun([...cli, 'export', 'harbor', out, '--package', path.join(packed, archive)], { timeoutMs: 120_000 })
  await copyFile(path.join(import.meta.dirname, 'load_exported.py'), path.join(dir, 'load_exported.py'))
  const { stdout, stderr } = await harbor().python(['/files/load_exported.py', '/files/exported'], dir)
  const said = JSON.parse(stdout || JSON.stringify({ stderr })) as Record<string, unknown>
  const ours = await readdir(path.join(packageRoot, 'tasks/core'), { withFileTypes: true })
  expect(Object.keys(said)).toEqual(ours.flatMap((entry) => (entry.isDirectory() ? entry.name : [])).toSorted())
  for (const [folder, made] of Object.entries(said)) {
    const hasCluster = existsSync(path.join(packageRoot, 'tasks/core', folder, 'environment/world'))
    expect([folder, made]).toEqual([
      folder,
      {
        name: `kubemend/${folder}`,
        judgedIn: 'tests',
        servers: hasCluster ? ['http://kubemend:7400/mcp'] : [],
        sidecars: hasCluster ? ['kubemend'] : [],
        artifacts: [hasCluster ? '/evidence' : '/app'],
      },
    ])
  }
})
