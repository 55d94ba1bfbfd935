import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { packageRoot } from '../../base/package-root.ts'
import { compactEnding, readCompactTasks, unpackTask } from '../../task/compact-dataset.ts'
import { judgeAnswer } from '../judge-answer.ts'
import type { ApiSchemas } from '../schema/api-schemas.ts'
import { generateDataset, type GeneratedTask } from './generate-dataset.ts'
import { leavesOfTask, similarityOf } from './split-tasks.ts'

/** A cluster that knows every kind and every field: what is wrong for other reasons must be found all the same. */
const anything: ApiSchemas = {
  kinds: () => Promise.resolve([]),
  find: () => Promise.resolve({ schema: {}, resolve: () => undefined }),
}

describe('the generated dataset', () => {
  let tasks: GeneratedTask[]
  beforeAll(() => {
    tasks = generateDataset()
  })

  test('is what lies in tasks/manifests', async () => {
    for (const [category, own] of Map.groupBy(tasks, (task) => task.category)) {
      const file = path.join(packageRoot, 'tasks', 'manifests', `${category}${compactEnding}`)
      const text = own.map((task) => `${JSON.stringify(task)}\n`).join('')
      expect((await readFile(file, 'utf8')) === text, `${file} is not current: kubemend manifest generate`).toBe(true)
    }
    const read = await readCompactTasks(path.join(packageRoot, 'tasks', 'manifests'))
    expect(read?.problems).toEqual([])
    expect(read?.tasks.size).toBe(1010)
  })

  test('has 810 tasks that create eight kinds, and 200 beyond them', () => {
    const foundations = [
      'clusterrole',
      'clusterrolebinding',
      'configmap',
      'namespace',
      'role',
      'rolebinding',
      'secret',
      'serviceaccount',
    ]
    expect(tasks.filter(({ category }) => foundations.includes(category))).toHaveLength(810)
    expect(tasks.filter(({ category }) => !foundations.includes(category))).toHaveLength(200)
    expect(new Set(tasks.map(({ name }) => name)).size).toBe(1010)
    const places = tasks.flatMap(
      ({ spec }) => spec.namespace ?? spec.objects.filter(({ kind }) => kind === 'Namespace').map(({ name }) => name),
    )
    expect(new Set(places).size).toBe(places.length)
  })

  test('has no near-duplicates across its split', () => {
    const leaves = tasks.map((task) => ({ task, leaves: leavesOfTask(task) }))
    const [train, test_] = ['train', 'test'].map((split) => leaves.filter(({ task }) => task.split === split))
    expect(test_?.length).toBeGreaterThan(150)
    const close = (test_ ?? []).flatMap((one) =>
      (train ?? [])
        .filter(
          (other) => Math.min(one.leaves.size, other.leaves.size) / Math.max(one.leaves.size, other.leaves.size) > 0.85,
        )
        .filter((other) => similarityOf(one.leaves, other.leaves) > 0.85)
        .map((other) => `${one.task.name} ${other.task.name}`),
    )
    expect(close).toEqual([])
  })

  test('says in its requests every value that its requirements ask for', () => {
    const untold = tasks.flatMap(({ name, instruction, spec }) =>
      spec.objects.flatMap((object) =>
        [
          object.name,
          ...Object.keys(object.labels ?? {}),
          ...Object.values(object.labels ?? {}),
          ...(object.subjects ?? []).map((subject) => subject.name),
        ]
          .filter((value) => !instruction.includes(value))
          .map((value) => `${name}: ${value}`),
      ),
    )
    expect(untold).toEqual([])
  })

  test(
    'has references that pass, and wrong answers that fail where it says, as far as text tells',
    { timeout: 120_000 },
    async () => {
      const problems: string[] = []
      for (const { name, spec, reference, wrong } of tasks) {
        const judge = (text: string): ReturnType<typeof judgeAnswer> =>
          judgeAnswer(text, { spec, reference: undefined, schemas: anything })
        const failed = (await judge(reference)).failedAt
        if (failed !== undefined) problems.push(`${name}: its reference fails at ${failed}`)
        for (const { name: own, fails, text } of wrong) {
          const { failedAt } = await judge(text)
          const isTold = ['extract', 'L1', 'L3', 'L4'].includes(fails)
          if (isTold ? failedAt !== fails : fails !== 'L2' && failedAt !== undefined)
            problems.push(`${name} ${own}: ${failedAt ?? 'passes'}, not ${fails}`)
        }
        if (wrong.length !== 3) problems.push(`${name}: ${wrong.length} wrong answers`)
      }
      expect(problems).toEqual([])
    },
  )

  test('unpacks into task folders', () => {
    const [task] = tasks
    expect(task && [...unpackTask(task).keys()]).toEqual([
      'task.toml',
      'instruction.md',
      'tests/requirements.yaml',
      'solution/answer.yaml',
      ...(task?.wrong.map(({ name, fails }) => `solution/wrong/${name}.${fails}.txt`) ?? []),
      'environment/README.md',
    ])
  })
})
