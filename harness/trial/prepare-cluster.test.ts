import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { verifiers } from '../../verifiers/library.ts'
import { loadTask } from '../task/load-task.ts'
import { writeSampleTask } from '../task/sample-task.ts'
import { worldKey } from './prepare-cluster.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'prepare-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function keyWith(name: string, contract: string, script = '#!/bin/sh\ntrue\n'): Promise<string> {
  const files = { 'tests/contract.yaml': contract, 'tests/look.sh': script }
  const task = await loadTask(await writeSampleTask(path.join(dir, name), files), { verifiers })
  return worldKey(task, { name: 'node' })
}

it('makes a world anew that was proven with other checks, and not for what only its end is asked', async () => {
  const outcome = (replicas: number): string =>
    `outcome:\n  - deployment-available: { namespace: shop, name: checkout, replicas: ${replicas} }\n`
  const symptom = 'symptom:\n  - script: { file: look.sh }\n'
  const key = await keyWith('one', outcome(1) + symptom)
  expect(await keyWith('same', outcome(1) + symptom)).toBe(key)
  expect(await keyWith('outcome', outcome(2) + symptom)).toBe(key)
  expect(await keyWith('symptom', outcome(1))).not.toBe(key)
  expect(await keyWith('healthy', `${outcome(1)}${symptom}healthy:\n  - script: { file: look.sh }\n`)).not.toBe(key)
  expect(await keyWith('script', outcome(1) + symptom, '#!/bin/sh\nfalse\n')).not.toBe(key)
})
