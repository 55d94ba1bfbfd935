import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { packageRoot } from '../base/package-root.ts'
import { readCompactTasks, unpackTask } from './compact-dataset.ts'
import { loadTask, tryLoadTask } from './load-task.ts'
import { writeSampleTask } from './sample-task.ts'

const names = [
  'role-basic-01',
  'update-advanced-01',
  'deployment-basic-01',
  'read-intermediate-01',
  'secret-advanced-05',
]

describe('a manifest task as a folder', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-folder-'))
  })
  afterEach(() => rm(dir, { recursive: true, force: true }))

  const write = async (files: Iterable<readonly [string, string]>): Promise<void> => {
    for (const [file, text] of files) {
      await mkdir(path.dirname(path.join(dir, file)), { recursive: true })
      await writeFile(path.join(dir, file), text)
    }
  }

  test.each(names)('%s means the same as its line of the compact dataset', async (name) => {
    const compact = await readCompactTasks(path.join(packageRoot, 'tasks/manifests'))
    const line = compact?.tasks.get(name)?.task
    if (!line) throw new Error(`there is no task ${name}`)
    await write(unpackTask(line))
    const folder = await loadTask(dir)
    const whole = await loadTask(path.join(packageRoot, 'tasks/manifests', name))
    expect(folder.manifest).toEqual(whole.manifest)
    expect(folder.world.map(({ object }) => object)).toEqual(whole.world.map(({ object }) => object))
    const { kind, instruction, namespaces, difficulty, category, tags, cluster } = whole
    expect(folder).toMatchObject({
      kind,
      instruction: instruction.trimEnd() + '\n',
      namespaces,
      difficulty,
      category,
      tags,
    })
    expect(folder.cluster).toBe(cluster)
  })

  test('says everything that is wrong with it at once', async () => {
    await writeSampleTask(dir, {
      ...without,
      'task.toml': '[metadata.kubemend]\nkind = "manifest"\ndifficulty = "easy"\ncategory = "rbac"\n',
      'environment/README.md': 'Nothing is there before.\n',
      'tests/requirements.yaml':
        'operation: create\nnamespace: shop\nobjects:\n  - apiVersion: v1\n    kind: Secret\n    name: a\n    rules: []\nefects: []\n',
      'solution/wrong/no-stage.txt': '# nothing\nkind: Role\n',
      'solution/wrong/unsaid.L3.txt': 'kind: Role\n',
    })
    const { problems } = await tryLoadTask(dir)
    expect(problems.map(({ file, at, message }) => `${path.relative(dir, file)} ${at ?? ''}: ${message}`)).toEqual([
      'tests/requirements.yaml objects[0].rules: expected only for Role and ClusterRole',
      'tests/requirements.yaml efects: unknown field; did you mean effects?',
    ])
    await writeFile(
      path.join(dir, 'tests/requirements.yaml'),
      'operation: create\nnamespace: shop\nobjects: [{ apiVersion: v1, kind: Secret, name: a }]\n',
    )
    const second = await tryLoadTask(dir)
    expect(second.problems.map(({ file, message }) => `${path.relative(dir, file)}: ${message}`)).toEqual([
      'solution/answer.yaml: missing; expected the answer that proves the task can be solved',
      'solution/wrong/no-stage.txt: expected a name such as too-broad.L3.txt; the stage is one of extract, L1, L2, L3, L4, runtime, validity, accuracy',
      'solution/wrong/unsaid.L3.txt: expected "# " and what is wrong with the answer',
    ])
  })
})

const without = {
  'environment/cluster.yaml': undefined,
  'environment/world/00-namespace.yaml': undefined,
  'environment/world/10-checkout.yaml': undefined,
  'environment/fault/10-wrong-port.yaml': undefined,
  'tests/contract.yaml': undefined,
  'tests/test.sh': undefined,
  'solution/solve.sh': undefined,
}
