import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifiers } from '../../../verifiers/library.ts'
import { packageRoot } from '../../base/package-root.ts'
import { loadTask } from '../../task/load-task.ts'
import type { Task } from '../../task/task.ts'
import { lintInstruction } from '../check/lint-instruction.ts'
import { checkStructure } from '../check/structure.ts'
import { devHelp } from '../dev/dev-loop.ts'
import { followGuide } from './follow-guide.ts'

describe('the task that docs/authoring.md builds', () => {
  let dir: string
  let task: Task
  beforeAll(async () => {
    dir = await mkdtemp(path.join(os.tmpdir(), 'guide-'))
    await followGuide(path.join(dir, 'customers-leave-at-the-till'))
    task = await loadTask(path.join(dir, 'customers-leave-at-the-till'), { verifiers })
  })
  afterAll(() => rm(dir, { recursive: true }))

  test('has everything that a task needs', async () => {
    expect(await checkStructure(task)).toEqual([])
    expect(task).toMatchObject({ difficulty: 'easy', category: 'configuration' })
    expect(task.solution.alternatives).toHaveLength(2)
    expect(task.solution.unsafe).toHaveLength(2)
  })

  test('breaks the world with what the guide says and nothing else', () => {
    expect(task.fault.map(({ file }) => path.basename(file))).toEqual(['10-settings.yaml', '20-release.sh'])
  })

  test('tells a story that does not tell the answer', () => {
    const repairs = [
      {
        object: { group: '', kind: 'ConfigMap', namespace: 'shop', name: 'checkout-settings' },
        path: 'data.PAYMENTS_URL',
        kind: 'changed' as const,
        before: 'http://payments:8080/',
        after: 'http://payments.payments:8080/',
      },
    ]
    expect(lintInstruction(task.instruction, { difficulty: task.difficulty, repairs })).toEqual([])
  })
})

describe('docs/authoring.md', () => {
  test('lists the words of dev as dev does', async () => {
    const guide = await readFile(path.join(packageRoot, 'docs/authoring.md'), 'utf8')
    expect(guide).toContain(devHelp().replaceAll(/^ {2}/gm, '    '))
  })
})
