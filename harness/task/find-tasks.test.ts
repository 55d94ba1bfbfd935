import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { InputError } from '../base/errors.ts'
import { findTasks, selectTasks, type Selection } from './find-tasks.ts'
import { loadDataset } from './load-dataset.ts'
import { pinDataset } from './pin-dataset.ts'
import { formatProblem } from './problem.ts'
import { sampleTask, writeSampleTask } from './sample-task.ts'

let root = ''
beforeEach(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'kubemend-find-'))
  await writeTask('core/checkout', { name: 'acme/checkout', difficulty: 'easy', tags: ['env', 'dns'] })
  await writeTask('core/payments', { name: 'acme/payments', difficulty: 'hard', tags: ['rbac'] })
  await writeTask('core/old', { name: 'acme/old', stability: 'retired' })
  await writeTask('extra/checkout-two', { name: 'acme/two', difficulty: 'medium' })
  await writeFile(path.join(root, 'core/dataset.toml'), '[dataset]\nname = "acme/core"\n')
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('findTasks', () => {
  it('finds the tasks of a folder of datasets', async () => {
    expect(await ids({ paths: [root] })).toEqual(['checkout-two', 'core/checkout', 'core/payments'])
  })

  it('finds a task by its folder or its task.toml, once', async () => {
    const task = path.join(root, 'core/checkout')
    expect(
      await ids({ paths: [task, path.join(task, 'task.toml'), path.join(root, 'core')], names: ['check*'] }),
    ).toEqual(['core/checkout'])
  })

  it('takes retired tasks only when they are asked for by path', async () => {
    expect(await ids({ paths: [path.join(root, 'core/old')] })).toEqual(['core/old'])
  })

  it.each<[string, Selection, string[]]>([
    ['by name', { names: ['*two', 'pay*'] }, ['checkout-two', 'core/payments']],
    ['by id', { names: ['core/*'] }, ['core/checkout', 'core/payments']],
    ['by difficulty', { difficulties: ['easy', 'medium'] }, ['checkout-two', 'core/checkout']],
    ['by tag', { tags: ['dns', 'rbac'] }, ['core/checkout', 'core/payments']],
    ['by all of them', { names: ['c*'], difficulties: ['easy', 'hard'], tags: ['env'] }, ['core/checkout']],
  ])('selects %s', async (_, selection, expected) => {
    expect(await ids({ paths: [root], ...selection })).toEqual(expected)
  })

  it('never drops a broken task in silence, whatever else is selected', async () => {
    await writeFile(path.join(root, 'core/payments/task.toml'), 'x = "\\u"')
    await rm(path.join(root, 'extra/checkout-two/task.toml'))
    const { tasks, problems } = await findTasks({ paths: [root], tags: ['env'] })
    expect(tasks.map(({ id }) => id)).toEqual(['core/checkout'])
    expect(problems.map((problem) => formatProblem(problem).replace(`${root}/`, ''))).toEqual([
      'core/payments/task.toml:1: not TOML: Invalid escape sequence',
      'extra/checkout-two/task.toml: missing; expected what the task is',
    ])
    await expect(selectTasks({ paths: [root] })).rejects.toThrow(InputError)
  })

  it('leaves alone what a name rules out', async () => {
    await writeFile(path.join(root, 'core/payments/task.toml'), 'x = ')
    expect(await ids({ paths: [root], names: ['checkout'] })).toEqual(['core/checkout'])
  })

  it('reports paths that hold no task, and selections that select none', async () => {
    await mkdir(path.join(root, 'empty'))
    const { problems } = await findTasks({ paths: [path.join(root, 'empty'), path.join(root, 'nowhere')] })
    expect(problems.map((problem) => formatProblem(problem).replace(`${root}/`, ''))).toEqual([
      'empty: there are no tasks in it',
      'nowhere: there is no such task or folder',
    ])
    await expect(selectTasks({ paths: [root], tags: ['none'] })).rejects.toThrow('no task is selected')
  })

  it('reports folders of a dataset that are no tasks, and tasks that it lists and does not have', async () => {
    await mkdir(path.join(root, 'core/notes'))
    await writeFile(
      path.join(root, 'core/dataset.toml'),
      `[dataset]\nname = "acme/core"\n[[tasks]]\nname = "acme/gone"\ndigest = "sha256:${'0'.repeat(64)}"\n`,
    )
    const { problems } = await findTasks({ paths: [root] })
    expect(problems.map((problem) => formatProblem(problem).replaceAll(`${root}/`, ''))).toEqual([
      'core/notes: expected a task: there is no task.toml in it',
      'core/dataset.toml: tasks[0]: there is no task acme/gone in the folder; `kubemend dataset digest` writes the list anew',
    ])
  })
})

describe('datasets', () => {
  it('are pinned to the digests of their tasks, and keep what the author wrote', async () => {
    const core = path.join(root, 'core')
    const head = '# ours\n[dataset]\nname = "acme/core"\nversion = "2" # two\n\n[[files]]\npath = "metric.py"\n'
    await writeFile(path.join(core, 'dataset.toml'), `${head}\n[metadata]\nowner = "us"\n`)
    await writeFile(path.join(core, 'metric.py'), 'x')
    expect(await pinDataset(core, { isDryRun: true })).toMatchObject({
      isCurrent: false,
      changes: ['added acme/checkout', 'added acme/old', 'added acme/payments'],
    })
    await pinDataset(core)
    const text = await readFile(path.join(core, 'dataset.toml'), 'utf8')
    const dataset = await loadDataset(core)
    const rows = dataset.tasks
      .map(({ name, digest }) => `[[tasks]]\nname = "${name}"\ndigest = "${digest}"\n`)
      .join('\n')
    expect(text).toBe(
      `# ours\n[dataset]\nname = "acme/core"\nversion = "2" # two\n\n[metadata]\nowner = "us"\n\n${rows}\n[[files]]\npath = "metric.py"\ndigest = "sha256:2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881"\n`,
    )
    expect(dataset).toMatchObject({ name: 'acme/core', version: '2', unpinned: [] })
    expect(await pinDataset(core)).toMatchObject({ isCurrent: true, changes: [] })
  })

  it('say which tasks are no longer what was pinned', async () => {
    const core = path.join(root, 'core')
    await pinDataset(core)
    await writeFile(path.join(core, 'checkout/README.md'), 'new')
    expect((await loadDataset(core)).unpinned.map(({ name }) => name)).toEqual(['acme/checkout'])
    expect(await pinDataset(core, { isDryRun: true })).toMatchObject({
      isCurrent: false,
      changes: ['changed acme/checkout'],
    })
    await rm(path.join(core, 'old'), { recursive: true })
    expect((await pinDataset(core)).changes).toEqual(['changed acme/checkout', 'removed acme/old'])
  })

  it('start with the organisation of their tasks', async () => {
    await pinDataset(path.join(root, 'extra'))
    expect(await readFile(path.join(root, 'extra/dataset.toml'), 'utf8')).toMatch(
      /^\[dataset\]\nname = "acme\/extra"\n\n\[\[tasks\]\]\nname = "acme\/two"\n/,
    )
  })

  it('refuse tasks without a name of their own', async () => {
    await writeTask('extra/another', { name: 'acme/two' })
    await writeFile(path.join(root, 'extra/checkout-two/task.toml'), sampleToml({ name: 'acme/two' }))
    await writeTask('extra/nameless', {})
    await expect(pinDataset(path.join(root, 'extra'))).rejects.toMatchObject({
      problems: [
        `${root}/extra/checkout-two/task.toml: task.name: expected a name of its own, got that of another`,
        `${root}/extra/nameless/task.toml: task.name: expected a name such as acme/nameless: dataset.toml lists tasks by it`,
      ],
    })
  })

  it('report every problem of their file', async () => {
    await writeFile(
      path.join(root, 'core/dataset.toml'),
      '[dataset]\nname = "core"\n[[tasks]]\nname = "acme/a"\ndigest = "md5:1"\n',
    )
    await expect(loadDataset(path.join(root, 'core'))).rejects.toMatchObject({
      problems: [
        `${root}/core/dataset.toml: dataset.name: expected a name such as acme/checkout, got "core"`,
        `${root}/core/dataset.toml: tasks[0].digest: expected sha256: and 64 hexadecimal digits, got "md5:1"`,
      ],
    })
  })
})

interface Options {
  name?: string
  difficulty?: string
  tags?: string[]
  stability?: string
}

async function writeTask(place: string, options: Options): Promise<void> {
  await writeSampleTask(path.join(root, place), { 'task.toml': sampleToml(options) })
}

function sampleToml({ name, difficulty = 'easy', tags = [], stability = 'stable' }: Options): string {
  return (sampleTask['task.toml'] ?? '')
    .replace(
      '[task]\nname = "acme/checkout"\ndescription = "Checkout cannot reach orders"\n',
      name ? `[task]\nname = "${name}"\n` : '',
    )
    .replace('"easy"', JSON.stringify(difficulty))
    .replace('["env"]', `${JSON.stringify(tags)}\nstability = "${stability}"`)
}

async function ids(selection: Selection): Promise<string[]> {
  const tasks = await selectTasks(selection)
  return tasks.map(({ id }) => id)
}
