import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { mustRun } from '../base/command.ts'
import { Refusal } from './refusal.ts'
import { openWorkspace, type Workspace } from './workspace.ts'

let dir: string
let root: string
let workspace: Workspace

beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'workspace-'))
  root = path.join(dir, 'root')
  await mkdir(path.join(root, 'manifests/deep'), { recursive: true })
  await writeFile(path.join(root, 'manifests/web.yaml'), 'kind: A\n')
  await writeFile(path.join(root, 'manifests/deep/db.yml'), 'kind: B\n')
  await writeFile(path.join(root, 'notes.txt'), 'notes\n')
  await writeFile(path.join(dir, 'secret'), 'SECRET\n')
  workspace = await openWorkspace(root, 1000)
})

afterEach(() => rm(dir, { recursive: true, force: true }))

test('files are listed, read and written', async () => {
  expect(await workspace.list('.')).toEqual(['manifests/deep/db.yml', 'manifests/web.yaml', 'notes.txt'])
  expect(await workspace.write('new/folder/x.yaml', 'x\n')).toBeUndefined()
  expect(await text('new/folder/x.yaml')).toBe('x\n')
  expect(await workspace.write('notes.txt', '')).toBeUndefined()
  expect(await text('./manifests/../notes.txt')).toBe('')
  expect(await text(path.join(root, 'manifests/web.yaml'))).toBe('kind: A\n')
})

test('manifests are read as kubectl -f would read them', async () => {
  expect(await workspace.readManifests('manifests/web.yaml', false)).toBe('kind: A\n')
  expect(await workspace.readManifests('manifests', false)).toBe('kind: A\n')
  expect(await workspace.readManifests('manifests', true)).toBe('kind: B\n\n---\nkind: A\n')
  expect(await workspace.readManifests('../secret', false)).toMatchObject({ rule: 'local-file' })
})

describe('nothing outside can be reached', () => {
  const outside = [
    '../secret',
    '..',
    'manifests/../../secret',
    '/etc/passwd',
    './../secret',
    'link',
    'folder-link/secret',
    'folder-link/new',
    'dangling',
    'loop',
  ]

  beforeEach(async () => {
    await symlink(path.join(dir, 'secret'), path.join(root, 'link'))
    await symlink(dir, path.join(root, 'folder-link'))
    await symlink(path.join(dir, 'not-there-yet'), path.join(root, 'dangling'))
    await symlink('loop', path.join(root, 'loop'))
  })

  for (const name of outside) {
    test(name, async () => {
      expect(await workspace.read(name)).toBeInstanceOf(Refusal)
      expect(await workspace.write(name, 'x')).toBeInstanceOf(Refusal)
      expect(await workspace.readManifests(name, true)).toBeInstanceOf(Refusal)
      expect(await readFile(path.join(dir, 'secret'), 'utf8')).toBe('SECRET\n')
      await expect(readFile(path.join(dir, 'not-there-yet'))).rejects.toThrow('ENOENT')
    })
  }

  test('links are not followed by a listing', async () => {
    expect(await workspace.list('.')).not.toContain('folder-link/secret')
  })

  test('a sibling whose name begins like the workspace is outside', async () => {
    await mkdir(path.join(dir, 'root-2'))
    await writeFile(path.join(dir, 'root-2/x'), 'x')
    expect(await workspace.read('../root-2/x')).toMatchObject({ rule: 'local-file' })
  })
})

test('what is no file is refused instead of waited for', async () => {
  await mustRun(['mkfifo', path.join(root, 'pipe')])
  expect(await workspace.read('pipe')).toBeInstanceOf(Refusal)
  expect(await workspace.write('pipe', 'x')).toBeInstanceOf(Refusal)
  expect(await workspace.read('manifests')).toBeInstanceOf(Refusal)
  expect(await workspace.write('.', 'x')).toBeInstanceOf(Refusal)
  expect(await workspace.read('a\0b')).toBeInstanceOf(Refusal)
})

test('files have a greatest size', async () => {
  expect(await workspace.write('big', 'x'.repeat(1001))).toMatchObject({ rule: 'bad-value' })
  await writeFile(path.join(root, 'big'), 'x'.repeat(1001))
  expect(await workspace.read('big')).toMatchObject({ rule: 'bad-value' })
})

async function text(file: string): Promise<string> {
  const content = await workspace.read(file)
  return content instanceof Refusal ? content.message : content.toString('utf8')
}
