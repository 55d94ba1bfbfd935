import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { verifiers } from '../../../verifiers/library.ts'
import { packagedFiles } from '../../task/digest.ts'
import { loadTask } from '../../task/load-task.ts'
import { listWorlds, loadWorld } from '../worlds/load-world.ts'
import { newTask } from './new-task.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'new-task-'))
})
afterAll(() => rm(dir, { recursive: true }))

describe.each(await listWorlds())('a new task from the world %s', (name) => {
  test('is whole from the first minute', async () => {
    const made = await newTask(path.join(dir, `from-${name}`), await loadWorld(name, verifiers), 'easy')
    const task = await loadTask(made.dir, { verifiers })
    expect(task).toMatchObject({ name: `local/from-${name}`, kind: 'repair', difficulty: 'easy' })
    expect(task.contract?.symptom).toHaveLength(1)
    expect(task.contract?.healthy.length).toBeGreaterThan(2)
  })

  test('breaks an object of the world, which the contract lets a repair change', async () => {
    const task = await loadTask(path.join(dir, `from-${name}`), { verifiers })
    const [step] = task.fault
    const [change] = step?.kind === 'objects' ? step.changes : []
    expect(change).toMatchObject({ action: 'patch', object: { kind: 'Service' } })
    const { name: service, namespace } = change?.object.metadata ?? {}
    expect(task.contract?.mayChange).toEqual({ [`service/${service} -n ${namespace}`]: ['spec.selector'] })
    expect(await readFile(path.join(task.dir, 'solution/solve.sh'), 'utf8')).toContain(
      `service ${service} -n ${namespace}`,
    )
  })

  test('carries its canary in every file', async () => {
    const { dir: place, metadata } = await loadTask(path.join(dir, `from-${name}`), { verifiers })
    const files = await packagedFiles(place)
    for (const file of files) expect(await readFile(path.join(place, file), 'utf8'), file).toContain(metadata?.canary)
    expect(files.length).toBeGreaterThan(10)
  })
})

describe('newTask', () => {
  test('names the task after the dataset that it lies in', async () => {
    await mkdir(path.join(dir, 'ours'))
    await writeFile(path.join(dir, 'ours', 'dataset.toml'), '[dataset]\nname = "acme/repairs"\n')
    const made = await newTask(path.join(dir, 'ours', 'a-task'), await loadWorld('shop', verifiers))
    expect((await loadTask(made.dir, { verifiers })).name).toBe('acme/a-task')
  })

  test('writes over nothing', async () => {
    const world = await loadWorld('shop', verifiers)
    await expect(newTask(path.join(dir, 'from-shop'), world)).rejects.toThrow('there is something already')
    await expect(newTask(path.join(dir, 'Not A Name'), world)).rejects.toThrow('expected lower-case words')
  })
})
