import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { writeSampleJob } from '../report/sample-results.ts'
import { renderJobSummary } from './job-summary.ts'

test('the end of a job is a line an agent with intervals, those who only test tasks at the end', async () => {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'summary-'))
  try {
    const agents = [{ name: 'oracle' }, { name: 'model', model: 'acme/large' }]
    const job = await writeSampleJob({ jobsDir: dir, jobName: 'job', agents, tasks: 3, attempts: 2 })
    const [head = '', first = '', second = '', note] = (await renderJobSummary(job)).split('\n')
    expect(head).toMatch(/^AGENT +SOLVED +UNSAFE +HOW TRIALS ENDED +MEDIAN +COST$/)
    expect(first).toMatch(/^model=acme\/large +\d+ % \(\d+ % to \d+ %\) +\d+ % \(\d+ % to \d+ %\) +\d.*\$/)
    expect(second).toMatch(/^oracle \(reference\) .* -$/)
    expect(note).toContain('95 % intervals')
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
})
