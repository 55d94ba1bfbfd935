import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runCommand, type CommandResult } from '../base/command.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'storage-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

const harness = path.resolve(import.meta.dirname, '..')

/** Runs a script with `results` on a small file system of its own that nobody else sees. */
async function runOn(mount: string, script: string): Promise<CommandResult> {
  const file = path.join(dir, 'script.ts')
  await writeFile(file, script)
  const results = path.join(dir, 'results')
  const commands = `set -e; mkdir -p ${results}; ${mount.replaceAll('RESULTS', results)}; exec ${process.execPath} ${file}`
  return runCommand(['unshare', '--mount', 'sh', '-c', commands], { timeoutMs: 60_000 })
}

const imports = `
  import { readFileSync, statSync } from 'node:fs'
  import { Recorder } from '${harness}/record/recorder.ts'
  import { verifyChain } from '${harness}/record/chain.ts'
  import { JobStore } from '${harness}/store/job-store.ts'
  import { samplePlan, samplePlanned } from '${harness}/store/sample-job.ts'
  const results = new URL('./results', import.meta.url).pathname
  const said = (error) => ({ code: error.code, message: error.message, hint: error.hint })`

const isRoot = process.getuid?.() === 0
const asRoot = isRoot ? test : test.skip
if (!isRoot) test.skip('small file systems need root to be mounted', () => undefined)

asRoot('a disk that fills up stops the record at a whole line, with a sentence that says so', async () => {
  const result = await runOn(
    'mount -t tmpfs -o size=256k tmpfs RESULTS',
    `${imports}
    const recorder = new Recorder({ dir: results, trial: 't', task: 't', agent: 'a', kubemend: '0' })
    let failure
    try { for (;;) recorder.record({ type: 'note', text: 'x'.repeat(3000) }) } catch (error) { failure = said(error) }
    const chain = await verifyChain(recorder.file, { expectedHead: recorder.head })
    let ending
    try { recorder.end() } catch (error) { ending = said(error) }
    const job = await JobStore.create(samplePlan(results), samplePlanned()).then(() => 'made', said)
    console.log(JSON.stringify({ failure, chain, ending, job }))`,
  )
  expect(result.stderr).toBe('')
  const said = JSON.parse(result.stdout) as Record<string, Record<string, unknown>>
  expect(said['failure']).toMatchObject({ code: 'disk-full', hint: expect.stringContaining('--resume') as string })
  expect(said['failure']?.['message']).toContain('record.jsonl: the disk is full')
  expect(said['chain']).toMatchObject({ isWhole: true })
  expect(said['chain']?.['tornBytes']).toBeUndefined()
  expect(said['job']).toMatchObject({ code: 'disk-full' })
})

asRoot('a read-only results folder is refused before anything begins', async () => {
  const result = await runOn(
    'mount -t tmpfs -o ro tmpfs RESULTS',
    `${imports}
    console.log(JSON.stringify(await JobStore.create(samplePlan(results), samplePlanned()).then(() => 'made', said)))`,
  )
  expect(JSON.parse(result.stdout)).toMatchObject({
    code: 'read-only',
    message: expect.stringContaining('the file system is read-only') as string,
    hint: 'choose another folder with --out',
  })
})
