import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { makeScratch, removeDeadScratch } from './scratch.ts'

it('removes what dead processes left, and nothing of living ones or of others', async () => {
  const parent = await mkdtemp(path.join(os.tmpdir(), 'scratch-test-'))
  try {
    const mine = path.basename(await makeScratch('trial', parent))
    const dead = ['kubemend-trial-4194304-17-aBc123', 'kubemend-script-access-1-999999999-x_1234']
    for (const name of [...dead, 'kubemend-image-abc', 'gateway-XYZ']) await mkdir(path.join(parent, name))
    const removed = await removeDeadScratch(parent)
    expect(removed.map((dir) => path.basename(dir)).toSorted()).toEqual(dead.toSorted())
    expect((await readdir(parent)).toSorted()).toEqual([mine, 'gateway-XYZ', 'kubemend-image-abc'].toSorted())
  } finally {
    await rm(parent, { recursive: true })
  }
})
