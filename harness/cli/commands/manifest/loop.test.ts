import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runCommand } from '../../../base/command.ts'
import { packageRoot } from '../../../base/package-root.ts'
import { readJobs } from '../../../report/model/read-jobs.ts'
import { leaderboardPage, makeReport } from '../../../report/pages/make-pages.ts'
import { readCompactTasks } from '../../../task/compact-dataset.ts'
import { selectTasks } from '../../../task/find-tasks.ts'
import type { ManifestStage } from '../../../task/manifest-spec.ts'
import { writeManifestJob, type SampleAnswer } from '../../sample-manifest-job.ts'

const base = { name: 'model', model: 'local/base' }
const tuned = { name: 'model', model: 'local/tuned' }

describe('from a job to training data', () => {
  let dir: string
  let job: string
  let train: string[]
  let held: string[]

  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-loop-'))
    const compact = await readCompactTasks(path.join(packageRoot, 'tasks/manifests'))
    const roles = [...(compact?.tasks.values() ?? [])].flatMap(({ task }) => (task.category === 'role' ? [task] : []))
    train = roles.flatMap(({ name, split }) => (split === 'train' ? [name] : [])).slice(0, 10)
    held = roles.flatMap(({ name, split }) => (split === 'test' ? [name] : [])).slice(0, 12)
    const answer = (task: string, agent: typeof base, failedAt?: ManifestStage): SampleAnswer => ({
      task,
      agent,
      answer: `answer of ${agent.model} to ${task}\n`,
      ...(failedAt === undefined ? {} : { failedAt, finding: `${failedAt}/rules` }),
    })
    job = await writeManifestJob(dir, [
      ...train.map((task, i) => answer(task, base, i < 6 ? 'L3' : i === 6 ? 'runtime' : undefined)),
      // the tuned one gets nine held-out tasks right that the base one does not, and loses one
      ...held.map((task, i) => answer(task, base, i < 9 ? 'L3' : undefined)),
      ...held.map((task, i) => answer(task, tuned, i === 9 ? 'L2' : undefined)),
    ])
  })
  afterAll(() => rm(dir, { recursive: true, force: true }))

  const kubemend = (...words: string[]): ReturnType<typeof runCommand> =>
    runCommand([process.execPath, path.join(packageRoot, 'harness/cli/main.ts'), 'manifest', ...words], {
      cwd: packageRoot,
      timeoutMs: 120_000,
    })

  test('two models are compared on held-out tasks, with an exact test and how large the effect is', async () => {
    const words = ['compare', job, '--agent=model=local/base', '--agent=model=local/tuned']
    const { measures, tasks } = JSON.parse((await kubemend(...words, '--json')).stdout) as {
      tasks: number
      measures: { measure: string; solved: { difference: number }; mcnemar: Record<string, unknown> }[]
    }
    expect(tasks).toBe(12)
    const [fullPass, , , l2, l3] = measures
    expect(fullPass).toMatchObject({ measure: 'full-pass', mcnemar: { onlyFirst: 1, onlySecond: 9 } })
    expect(fullPass?.solved.difference).toBeCloseTo(8 / 12, 12)
    // 2 * (C(10,0) + C(10,1)) / 2^10
    expect(fullPass?.mcnemar['p']).toBeCloseTo(22 / 1024, 10)
    expect(fullPass?.mcnemar['effect']).toEqual({ oddsRatio: 9.5 / 1.5, g: 0.9 - 0.5 })
    expect(l2).toMatchObject({ measure: 'L2', mcnemar: { onlyFirst: 1, onlySecond: 0 } })
    expect(l3).toMatchObject({ measure: 'L3', mcnemar: { onlyFirst: 1, onlySecond: 9 } })
    const text = (await kubemend(...words)).stdout
    expect(text).toContain('model=local/base against model=local/tuned, 12 tasks of the split test')
    expect(text).toMatch(/full-pass +25\.0 % +91\.7 % +\+66\.7 .* 1 \/ 9 +0\.0215 +6\.33 +0\.40/)
    const unseen = await kubemend(...words, '--split=train')
    expect(unseen.exitCode).toBe(2)
    expect(unseen.stderr).toContain('there is no such task that both sides have answers to')
  })

  test('the report of such a job has a stage funnel for each agent', async () => {
    const report = makeReport(await readJobs([job]), [], { title: 'Answers', kubemend: '0.0.0' })
    const { funnels, weights } = leaderboardPage(report)
    expect(weights).toContain('0.333 x execution')
    expect(funnels.find(({ agent }) => agent === 'model=local/base')).toMatchObject({
      dataset: 'manifests',
      answers: 22,
      fullPass: 7,
      reached: { extract: 22, L2: 22, L3: 7, L4: 7, runtime: 6, accuracy: 6 },
    })
  })

  test('new tasks are asked where the model failed, and held-out failures steer nothing', async () => {
    const out = path.join(dir, 'synthesized')
    const made = await kubemend('synthesize', job, out, '--agent=model=local/base', '--count=8', '--json')
    const { spots, heldOut } = JSON.parse(made.stdout) as { spots: { stage: string; made: number }[]; heldOut: number }
    expect(heldOut).toBe(9)
    expect(spots.every(({ stage }) => stage === 'L3' || stage === 'runtime')).toBe(true)
    expect(spots.reduce((sum, spot) => sum + spot.made, 0)).toBe(8)
    const tasks = await selectTasks({ paths: [out] })
    expect(tasks).toHaveLength(8)
    expect(tasks.every(({ category, manifest }) => category === 'role' && manifest?.split === 'train')).toBe(true)
  })

  test('only answers that pass levels 1 to 4 become pairs, with evidence and digests, and none of a held-out task', async () => {
    const file = path.join(dir, 'pairs.jsonl')
    const exported = await kubemend('export', job, file)
    expect(exported.stderr).toContain('4 of 34 answers written')
    expect(exported.stderr).toContain('left out: 16 does not pass, 14 held out')
    const pairs = (await readFile(file, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown)
    const digest = expect.stringMatching(/^sha256:[0-9a-f]{64}$/) as string
    expect(pairs[0]).toMatchObject({
      messages: [{ role: 'user' }, { role: 'assistant', content: `answer of local/base to ${train[6]}\n` }],
      task: { id: `manifests/${train[6]}`, digest, split: 'train', operation: 'create', kind: 'Role' },
      answer: { agent: 'model=local/base', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
      evidence: {
        stages: [
          { stage: 'extract', status: 'met' },
          {},
          {},
          {},
          { stage: 'L4', status: 'met' },
          { status: 'not-met' },
          {},
          {},
        ],
        verdicts: digest,
        record: 'f'.repeat(64),
      },
    })
    const whole = await kubemend('export', job, file, '--all-stages')
    expect(whole.stderr).toContain('3 of 34 answers written')
  })

  test('real manifests become tasks, one for each item of a list, and what makes none is named', async () => {
    const file = path.join(dir, 'roles.yaml')
    const rule = '- apiGroups: [""]\n    resources: [pods]\n    verbs: [get, list]\n'
    await writeFile(
      file,
      `apiVersion: v1\nkind: List\nitems:\n- apiVersion: rbac.authorization.k8s.io/v1\n  kind: Role\n  metadata: { name: viewer, namespace: shop, uid: 1b2c }\n  rules:\n  ${rule}- apiVersion: v1\n  kind: Secret\n  metadata: { name: token, namespace: shop }\n  data: { a: aGlkZGVu }\n`,
    )
    const out = path.join(dir, 'reversed')
    const made = await kubemend('reverse', out, file)
    expect(made.stderr).toContain('Secret/token: the values of a Secret would stand in the request')
    const [task, ...others] = await selectTasks({ paths: [out] })
    expect(others).toEqual([])
    expect(task?.instruction).toContain('It allows `get`, `list` on `pods` of the core API group.')
    expect(task?.manifest?.spec.objects[0]).toMatchObject({ kind: 'Role', name: 'viewer' })
    expect(task?.manifest?.reference).not.toContain('uid')
    await writeFile(file, 'kind: Role\n')
    expect((await kubemend('reverse', out, file)).stderr).toContain('expected objects with apiVersion, kind and a name')
  })
})
