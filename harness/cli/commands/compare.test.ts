import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { writeSampleJob } from '../../report/sample-results.ts'
import { main } from '../main.ts'

let dir: string
let job: string
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'compare-'))
  // of the sample's agents, each is less able than the one before
  const agents = ['first', 'second', 'third', 'fourth'].map((model) => ({ name: 'model', model }))
  job = await writeSampleJob({ jobsDir: dir, jobName: 'job', agents, tasks: 12, attempts: 2 })
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function compare(...words: string[]): Promise<{ exitCode: number; said: string }> {
  const said: string[] = []
  const log = vi.spyOn(console, 'log').mockImplementation((text: string) => void said.push(text))
  try {
    return { exitCode: await main(['compare', job, ...words]), said: said.join('\n') }
  } finally {
    log.mockRestore()
  }
}

test('a CI step fails when the second side is worse beyond doubt, and only then', async () => {
  const [best, worst] = ['model=first', 'model=fourth']
  const worse = await compare('--agent', best, '--agent', worst, '--fail-if-worse')
  expect(worse.said).toContain('model=first solves more.')
  expect(worse.exitCode).toBe(1)
  expect((await compare('--agent', worst, '--agent', best, '--fail-if-worse')).exitCode).toBe(0)
  expect((await compare('--agent', best, '--agent', best, '--fail-if-worse')).exitCode).toBe(0)
  expect((await compare('--agent', best, '--agent', worst)).exitCode).toBe(0)
})

test('Markdown and JSON say the same', async () => {
  const words = ['--agent', 'model=first', '--agent', 'model=fourth']
  const { said: markdown } = await compare(...words, '--format', 'markdown')
  expect(markdown).toContain('### model=first against model=fourth')
  expect(markdown).toMatch(/^\| task that decides it \| model=first \| model=fourth \|$/m)
  const { comparisons } = JSON.parse((await compare(...words, '--json')).said) as {
    comparisons: { solved: { difference: number; high: number; tasks: number } }[]
  }
  expect(comparisons[0]?.solved.tasks).toBe(12)
  expect(comparisons[0]?.solved.high).toBeLessThan(0)
  expect(markdown).toContain(`${((comparisons[0]?.solved.difference ?? 0) * 100).toFixed(1)} points`)
})
