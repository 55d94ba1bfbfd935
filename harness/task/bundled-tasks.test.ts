import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { packageRoot } from '../base/package-root.ts'
import { packagedFiles } from './digest.ts'
import { findTasks } from './find-tasks.ts'
import { pinDataset } from './pin-dataset.ts'
import { formatProblem } from './problem.ts'

const tasksDir = path.join(packageRoot, 'tasks')
const { tasks: all, problems } = await findTasks({ paths: [tasksDir] })
/** Those that are folders; manifest tasks lie many in one file. */
const tasks = all.filter(({ manifest }) => manifest === undefined)
const datasets = [...new Set(tasks.map(({ dir }) => path.basename(path.dirname(dir))))].map((name) => ({ name }))

describe('the tasks that come along', () => {
  it('are all in order', () => {
    expect(problems.map(formatProblem)).toEqual([])
    expect(tasks.length).toBeGreaterThan(0)
  })

  it.each(datasets)('of $name are pinned (kubemend dataset digest tasks/$name)', async ({ name }) => {
    expect((await pinDataset(path.join(tasksDir, name), { isDryRun: true })).changes).toEqual([])
  })

  it.each(tasks)('$id carries its canary wherever it could be crawled', async ({ dir, metadata, workspace }) => {
    expect(metadata?.canary).toBeDefined()
    const files = await packagedFiles(dir)
    const without = await Promise.all(
      files
        .filter((file) => workspace === undefined || !path.join(dir, file).startsWith(workspace))
        .map(async (file) => {
          const text = await readFile(path.join(dir, file), 'utf8')
          return text.includes(metadata?.canary ?? '') ? [] : [file]
        }),
    )
    expect(without.flat()).toEqual([])
  })

  it.each(tasks)('$id says who repaired it otherwise, and how not to', async ({ dir, solution, name }) => {
    expect(solution.alternatives.length).toBeGreaterThanOrEqual(2)
    expect(solution.unsafe.length).toBeGreaterThanOrEqual(1)
    expect(name).toBe(`kubemend/${path.basename(dir)}`)
    const readme = await readFile(path.join(dir, 'README.md'), 'utf8')
    expect(solution.unsafe.filter((file) => !readme.includes(path.basename(file)))).toEqual([])
  })
})
