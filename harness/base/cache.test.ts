import { mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { cached, cachedDir, keyOf, removeDeadDrafts } from './cache.ts'
import { sleep } from './clock.ts'

const kind = `test-of-the-cache-${process.pid}`
const parent = path.dirname(cachedDir(kind, 'any'))

afterEach(() => rm(parent, { recursive: true, force: true }))

it('makes an artifact once for everybody who wants it at the same time', async () => {
  let makers = 0
  const make = async (dir: string): Promise<void> => {
    makers++
    await sleep(50)
    await writeFile(path.join(dir, 'file'), 'whole')
  }
  const dirs = await Promise.all(Array.from({ length: 5 }, () => cached(kind, 'a', make)))
  expect(new Set(dirs)).toEqual(new Set([cachedDir(kind, 'a')]))
  expect(makers).toBe(1)
  expect(await readdir(parent)).toEqual(['a'])
})

it('lets the next one make what the first could not', async () => {
  const fails = cached(kind, 'a', () => Promise.reject(new Error('no disk')))
  const works = cached(kind, 'a', (dir) => writeFile(path.join(dir, 'file'), 'whole'))
  await expect(fails).rejects.toThrow('no disk')
  expect(await readdir(await works)).toEqual(['file'])
  expect(await readdir(parent)).toEqual(['a'])
})

it('neither waits for a maker that died nor leaves its draft', async () => {
  const draft = path.join(parent, `.a.${process.pid}.1-abcdef`)
  await mkdir(draft, { recursive: true })
  await symlink(`${process.pid}.1`, path.join(parent, '.a.lock'))
  await cached(kind, 'a', (dir) => writeFile(path.join(dir, 'file'), 'whole'))
  expect(await removeDeadDrafts(kind)).toEqual([draft])
  expect(await readdir(parent)).toEqual(['a'])
})

it('names an artifact by everything it is made from', () => {
  expect(keyOf({ version: '1.35.4', flags: [] })).toBe(keyOf({ version: '1.35.4', flags: [] }))
  expect(keyOf({ version: '1.35.4', flags: [] })).not.toBe(keyOf({ version: '1.35.5', flags: [] }))
})
