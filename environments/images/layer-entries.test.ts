import { createHash } from 'node:crypto'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mustRun } from '../../harness/base/command.ts'
import { addEntry, cleanPath, mergeUsr, readTar, writeLayer, type LayerEntries } from './layer-entries.ts'

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-layer-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

function sample(order: string[]): LayerEntries {
  const shared = Buffer.from('one file, two names')
  const all: Record<string, Parameters<typeof addEntry>[2]> = {
    '/usr/bin/tool': { type: 'file', mode: 0o4755, uid: 0, gid: 0, data: shared },
    '/usr/bin/also': { type: 'file', mode: 0o4755, uid: 0, gid: 0, data: shared },
    '/data': { type: 'directory', mode: 0o1777, uid: 999, gid: 998 },
    '/bin': { type: 'symlink', mode: 0o777, uid: 0, gid: 0, linkname: 'usr/bin' },
    [`/deep/${'long-name-'.repeat(20)}/file`]: { type: 'file', mode: 0o600, uid: 5, gid: 6, data: Buffer.from('x') },
    '/program': {
      type: 'file',
      mode: 0o755,
      uid: 0,
      gid: 0,
      data: Buffer.from('program'),
      xattrs: { 'security.capability': '\u0001\0\0\u0002' },
    },
  }
  const entries: LayerEntries = new Map()
  for (const name of order.length > 0 ? order : Object.keys(all)) addEntry(entries, name, all[name]!)
  return entries
}

async function digestOf(entries: LayerEntries, name: string): Promise<string> {
  await writeLayer(entries, path.join(dir, name))
  return createHash('sha256')
    .update(await readFile(path.join(dir, name)))
    .digest('hex')
}

test('the bytes of a layer do not depend on the order or the time of its making', async () => {
  const names = ['/usr/bin/tool', '/usr/bin/also', '/data', '/bin', '/program']
  const first = await digestOf(sample(names), 'first.tar')
  const second = await digestOf(sample(names.toReversed()), 'second.tar')
  expect(second).toBe(first)
})

test('what was written is read back: owners, modes, links, long names', async () => {
  await writeLayer(sample([]), path.join(dir, 'all.tar'))
  const entries = await readTar(await readFile(path.join(dir, 'all.tar')))
  expect(entries.get('data')).toMatchObject({ type: 'directory', mode: 0o1777, uid: 999, gid: 998 })
  expect(entries.get('bin')).toMatchObject({ type: 'symlink', linkname: 'usr/bin' })
  expect(entries.get(`deep/${'long-name-'.repeat(20)}/file`)).toMatchObject({ mode: 0o600, uid: 5, gid: 6 })
  expect(Buffer.from(entries.get('usr/bin/also')!.data!).toString()).toBe('one file, two names')
  expect(entries.get('usr/bin/tool')?.data).toEqual(entries.get('usr/bin/also')?.data)
})

test('GNU tar reads it too: no times, no user names, hard links after their first name', async () => {
  await writeLayer(sample([]), path.join(dir, 'gnu.tar'))
  const { stdout } = await mustRun(['tar', '-tvf', path.join(dir, 'gnu.tar')], { env: { TZ: 'UTC' } })
  const lines = stdout.trim().split('\n')
  expect(lines.every((line) => line.includes('1970-01-01 00:00'))).toBe(true)
  expect(stdout).toContain('usr/bin/tool link to usr/bin/also')
  expect(lines.find((line) => line.endsWith(' data/'))).toContain('999/998')
})

test('paths lose their slashes, and what Debian merged into /usr lies there', () => {
  expect(cleanPath('./usr/share/')).toBe('usr/share')
  expect(cleanPath('/a/../b')).toBe('b')
  expect(mergeUsr('/bin/sh')).toBe('usr/bin/sh')
  expect(mergeUsr('/lib64/ld.so')).toBe('usr/lib64/ld.so')
  expect(mergeUsr('/bin')).toBe('bin')
  expect(mergeUsr('/library/x')).toBe('library/x')
})
