import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { verifiers } from '../../verifiers/library.ts'
import { packageRoot } from '../base/package-root.ts'
import { loadTask } from '../task/load-task.ts'
import type { Task } from '../task/task.ts'
import { createNoProvider, needNoCluster } from './no-provider.ts'

const load = (place: string): Promise<Task> => loadTask(path.join(packageRoot, place), { verifiers })
const inDocker = 'test/harbor/ordinary/totals-are-wrong'

describe('a job without a cluster', () => {
  it('is one whose tasks are all about files or run in Docker', async () => {
    const files = await load('tasks/core/newsletter-release-is-refused')
    expect(await needNoCluster([files, await load(inDocker)])).toBe(true)
    for (const place of ['tasks/core/checkout-lost-its-orders', 'test/harbor/fixtures/menu-shows-yesterday'])
      expect([place, await needNoCluster([files, await load(place)])]).toEqual([place, false])
    expect(await needNoCluster([])).toBe(false)
  })

  it('is told that it has none, should anybody ask for one after all', async () => {
    await expect(createNoProvider().attach('x')).rejects.toMatchObject({ code: 'no-provider' })
  })
})
