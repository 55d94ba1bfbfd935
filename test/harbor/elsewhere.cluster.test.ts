import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runJob, shareJob } from '../../harness/job/share-job.ts'

// A task with a cluster whose verifier has a machine of its own: it sees what hooks and artifacts brought, and no cluster.
const task = path.join(import.meta.dirname, 'elsewhere/vouchers-are-refused')
const forger = 'oracle:unsafe/forge-the-evidence.sh'

const { trialOf } = shareJob((dir) => {
  const agents = ['oracle', 'nop', forger].flatMap((agent) => ['--agent', agent])
  return runJob([task, ...agents, '--out', dir, '--cluster', 'node'])
})

describe('a task with a cluster whose verifier has a machine of its own', () => {
  it('is solved by its own solution and by nobody who does nothing', () => {
    expect(trialOf('oracle')).toMatchObject({ outcome: 'solved', reward: 1 })
    expect(trialOf('nop')).toMatchObject({ outcome: 'failed', reward: 0 })
  })

  it('gives nothing to an agent that makes up the evidence', () => {
    expect(trialOf(forger)).toMatchObject({ outcome: 'failed', reward: 0 })
  })

  it('has its evidence kept where Harbor has it, without what it leaves out and without a kubeconfig', async () => {
    const artifacts = path.join(trialOf('oracle').dir, 'artifacts')
    const kept = await readdir(artifacts, { recursive: true })
    expect(kept.toSorted()).toEqual([
      'logs',
      'logs/artifacts',
      'logs/artifacts/note.txt',
      'manifest.json',
      'report',
      'report/vouchers.txt',
      'var',
      'var/evidence',
      'var/evidence/settings.json',
    ])
    expect(await readFile(path.join(artifacts, 'report/vouchers.txt'), 'utf8')).toBe('frost\nharvest\nspring\n')
    const manifest = JSON.parse(await readFile(path.join(artifacts, 'manifest.json'), 'utf8')) as { status: string }[]
    expect(manifest.map(({ status }) => status)).toEqual(['ok', 'ok', 'ok'])
  })
})
