import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createFakeProvider } from '../../environments/fake/fake-provider.ts'
import type { Cluster } from '../../environments/provider.ts'
import { sleep } from '../base/clock.ts'
import { loadTask } from '../task/load-task.ts'
import { writeSampleTask } from '../task/sample-task.ts'
import type { Task } from '../task/task.ts'
import { specOf, worldKey, type PrepareOptions } from '../trial/prepare-cluster.ts'
import { createClusterPool, type ClusterPool } from './cluster-pool.ts'

let dir: string
let task: Task
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'pool-'))
  task = await loadTask(await writeSampleTask(path.join(dir, 'checkout')))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

const gigabytes = 1024 ** 3

/** A pool over clusters in memory, and what was made with it. */
function fakePool(options: { freeMemory?: number; prepareMs?: number; failFirst?: boolean } = {}): {
  pool: ClusterPool
  take: (name: string) => Promise<Cluster>
  made: string[]
  alive: () => string[]
} {
  const provider = createFakeProvider()
  const made: string[] = []
  const prepare = async ({ name, signal }: PrepareOptions): Promise<Cluster> => {
    made.push(name)
    if (options.failFirst && made.length === 1) throw new Error('no such image')
    const key = worldKey(task, provider)
    if (!(await provider.hasSnapshot(key))) {
      await using first = await provider.create(specOf(task, `${name}-new`), { owner: 'this-process', signal })
      await sleep(options.prepareMs ?? 0, signal)
      await first.snapshot(key)
    }
    return provider.restore(key, name, { owner: 'this-process', signal })
  }
  const plan = { provider, verifiers: {}, programs: { kubectl: '', portal: '' }, signal: new AbortController().signal }
  const pool = createClusterPool({
    ...plan,
    prepare,
    freeMemory: () => options.freeMemory ?? 64 * gigabytes,
  })
  return {
    pool,
    take: (name) => pool.take({ ...plan, task, name }),
    made,
    alive: () => [...provider.clusters.keys()],
  }
}

describe('the pool', () => {
  it('hands out a cluster that it has prepared ahead', async () => {
    const { pool, take, made } = fakePool()
    await using _ = pool
    pool.expect([task])
    await using cluster = await take('mine')
    expect(made).toEqual([cluster.name])
    expect(cluster.name).toMatch(/-next-1$/)
  })

  it('prepares one when nobody expected it', async () => {
    const { pool, take, made } = fakePool()
    await using _ = pool
    await using cluster = await take('mine')
    expect([made, cluster.name]).toEqual([['mine'], 'mine'])
  })

  it('prepares no more than is expected, however often it is told', async () => {
    const { pool, made } = fakePool()
    await using _ = pool
    pool.expect([task])
    pool.expect([task])
    pool.expect([task, task])
    await vi.waitFor(() => expect(made).toHaveLength(2))
    await sleep(50)
    expect(made).toHaveLength(2)
  })

  it('prepares few at a time, and at once what is asked for', async () => {
    const { pool, take, made } = fakePool({ prepareMs: 50 })
    await using _ = pool
    pool.expect(Array.from({ length: 64 }, () => task))
    await sleep(10)
    expect(made.length).toBeLessThan(64)
    const taken = await Promise.all(['a', 'b', 'c'].map(take))
    expect(taken.every(({ name }) => name.includes('-next-'))).toBe(true)
    await Promise.all(taken.map((cluster) => cluster.destroy()))
  })

  it('prepares nothing ahead where memory is short', async () => {
    const { pool, made } = fakePool({ freeMemory: 2 * gigabytes })
    await using _ = pool
    pool.expect([task, task, task])
    await sleep(20)
    expect(made).toHaveLength(1)
  })

  it('tries again for the trial itself when preparing ahead failed', async () => {
    const { pool, take, made } = fakePool({ failFirst: true })
    await using _ = pool
    pool.expect([task])
    await using cluster = await take('mine')
    expect([made.length, cluster.name]).toEqual([2, 'mine'])
  })

  it('leaves no cluster behind, prepared or on its way', async () => {
    const { pool, alive } = fakePool({ prepareMs: 50 })
    pool.expect([task, task])
    await sleep(10)
    await pool[Symbol.asyncDispose]()
    expect(alive()).toEqual([])
  })
})
