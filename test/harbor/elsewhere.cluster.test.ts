import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startCli } from '../../harness/job/cli-process.ts'

// A task with a cluster whose verifier has a machine of its own: it sees what hooks and artifacts brought, and no cluster.
const task = path.join(import.meta.dirname, 'elsewhere/vouchers-are-refused')
const forger = 'oracle:unsafe/forge-the-evidence.sh'

interface Trial {
  agent: string
  outcome: string
  reward: number
  because: string
  dir: string
}

let out: string
let trials: Trial[] = []

beforeAll(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'elsewhere-'))
  const agents = ['oracle', 'nop', forger].flatMap((agent) => ['--agent', agent])
  const cli = startCli(['run', task, ...agents, '--out', out, '--cluster', 'node', '--json'], {})
  await cli.ended
  trials = (JSON.parse(cli.stdout || '{"trials": []}') as { trials: Trial[] }).trials
  if (trials.length === 0) throw new Error(cli.said)
}, 600_000)

afterAll(() => rm(out, { recursive: true, force: true }))

const trialOf = (agent: string): Trial => {
  const found = trials.find((trial) => trial.agent === agent)
  if (!found) throw new Error(`there is no trial of ${agent}: ${JSON.stringify(trials)}`)
  return found
}

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
