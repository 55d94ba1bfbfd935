import os from 'node:os'
import { expect, test } from 'vitest'
import { diskProblemOf } from './disk-space.ts'

test('a disk with room is no problem, nor is a folder that is on another machine', async () => {
  expect(await diskProblemOf(os.tmpdir(), 1)).toBeUndefined()
  expect(await diskProblemOf('/no/such/folder/here', 1)).toBeUndefined()
})

test('a disk without room is said to be full, with the folder and how much is wanted', async () => {
  const problem = await diskProblemOf(os.tmpdir(), 1e12)
  expect(problem?.what).toMatch(/^the disk is full: \d+ MB free in .+, and a kind cluster wants 1000000000000$/)
  expect(problem?.cure).toContain('free some space')
})
