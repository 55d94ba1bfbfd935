import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { mountsOfRoot, resolveInRoot } from './box-root.ts'

it("a box's links are links inside, and lead to nothing of this machine", async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'box-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await mkdir(path.join(root, 'etc'))
  await mkdir(path.join(root, 'app'))
  await writeFile(path.join(root, 'etc/motd'), '')
  await symlink('/etc/shadow', path.join(root, 'etc/mine'))
  await symlink('/root', path.join(root, 'keys'))
  const mounts = await mountsOfRoot(root)
  expect(mounts.map(({ to, isLink }) => [to, isLink])).toEqual([
    ['/app', false],
    ['/etc/mine', true],
    ['/etc/motd', false],
    ['/keys', true],
  ])
})

it('what is put into a box lies in it, wherever its links lead', async () => {
  const root = await mkdtemp(path.join(os.tmpdir(), 'box-'))
  onTestFinished(() => rm(root, { recursive: true, force: true }))
  await mkdir(path.join(root, 'var'))
  await symlink('/run', path.join(root, 'var/run'))
  await symlink('../../../../etc', path.join(root, 'out'))
  await symlink('/loop', path.join(root, 'loop'))
  const found = async (place: string): Promise<string> => path.relative(root, await resolveInRoot(root, place))
  expect(await found('/var/run/pid/it')).toBe('run/pid/it')
  expect(await found('/out/passwd')).toBe('etc/passwd')
  expect(await found('/new/../../x')).toBe('x')
  await expect(found('/loop/x')).rejects.toThrow('too many links')
})
