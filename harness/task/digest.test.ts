import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestTask, packagedFiles } from './digest.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-digest-'))
})
afterEach(() => rm(dir, { recursive: true, force: true }))

// Both digests were computed by Harbor 0.25's own Packager over the same files.
describe('digestTask', () => {
  it('is the packaging digest of Harbor', async () => {
    await write(files)
    expect(await digestTask(dir)).toBe('sha256:0aa66eadd62deaf858f3391c174f312d20fe4a0df7e2f91ebe772bca10188036')
  })

  it('obeys .gitignore as Harbor does', async () => {
    await write({
      ...files,
      '.gitignore': '# comment\n*.txt\n!keep.txt\n/environment/world-2\nsteps/**/instruction.md\nTESTS/\n',
    })
    expect(await digestTask(dir)).toBe('sha256:1337e3574e09151c06f72f9db427089d98c10d6d688e36afc5741776513beb32')
  })

  it('changes with a byte, and not with files that are not published', async () => {
    await write(files)
    const before = await digestTask(dir)
    await write({ LICENSE: 'other', 'notes/todo.md': 'x', 'tests/b.swp': 'x' })
    expect(await digestTask(dir)).toBe(before)
    await write({ 'README.md': '# y\n' })
    expect(await digestTask(dir)).not.toBe(before)
  })

  it('counts a link to a file as the file, and does not follow links to folders', async () => {
    await write({ 'task.toml': '', 'tests/test.sh': 'x', 'elsewhere/a': 'a' })
    await symlink('test.sh', path.join(dir, 'tests/linked.sh'))
    await symlink('../elsewhere', path.join(dir, 'tests/folder'))
    expect(await packagedFiles(dir)).toEqual(['task.toml', 'tests/linked.sh', 'tests/test.sh'])
  })
})

const files: Record<string, string> = {
  'task.toml': '[task]\nname = "acme/x"\n',
  'instruction.md': 'Repair it.\n',
  'README.md': '# x\n',
  LICENSE: 'no\n',
  'environment/Dockerfile': 'FROM debian\n',
  'environment/world/a.yaml': 'a: 1\n',
  'environment/world/B.yaml': 'b: 1\n',
  'environment/world/é.yaml': 'e: 1\n',
  'environment/world-2/z.yaml': 'z: 1\n',
  'environment/__pycache__/x.pyc': 'x',
  'environment/.DS_Store': 'x',
  'tests/test.sh': '#!/bin/sh\n',
  'tests/a.swp': 'x',
  'tests/keep.txt': 'k',
  'solution/solve.sh~': 'x',
  'solution/solve.sh': '#!/bin/sh\n',
  'steps/one/instruction.md': '1',
}

async function write(content: Record<string, string>): Promise<void> {
  for (const [file, text] of Object.entries(content)) {
    await mkdir(path.dirname(path.join(dir, file)), { recursive: true })
    await writeFile(path.join(dir, file), text)
  }
}
