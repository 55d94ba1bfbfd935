import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { runJob, shareJob } from '../../harness/job/share-job.ts'

// All ten fixtures take minutes: node test/harbor/fixtures.sweep.ts runs them. This one has every part of the way in.
const fixture = path.join(import.meta.dirname, 'fixtures/menu-shows-yesterday')
const exploits = ['seed-the-reward', 'forge-the-output', 'leave-a-daemon', 'replace-the-tools']

const { trialOf } = shareJob((dir) => {
  const agents = ['oracle', 'nop', ...exploits.map((name) => `oracle:unsafe/${name}.sh`)]
  return runJob([fixture, ...agents.flatMap((agent) => ['--agent', agent]), '--out', dir, '--cluster', 'node'])
})

describe("somebody else's Harbor task, unedited", () => {
  it('is solved by its own solution and by nobody who does nothing', () => {
    expect(trialOf('oracle')).toMatchObject({ outcome: 'solved', reward: 1 })
    expect(trialOf('nop')).toMatchObject({ outcome: 'failed', reward: 0 })
  })

  it('is judged beside its script: the repair harmed nothing, and every request came from a tool call', async () => {
    const details = JSON.parse(
      await readFile(path.join(trialOf('oracle').dir, 'verifier/reward-details.json'), 'utf8'),
    ) as Record<'preservation' | 'integrity', { status: string; because: string }[]>
    expect([...details.preservation, ...details.integrity].map(({ status, because }) => [status, because])).toEqual([
      ['met', expect.stringContaining('nothing protected changed')],
      ['met', expect.stringMatching(/^all [1-9]\d* requests of the agent came through its tools$/)],
    ])
  })

  it('keeps what the task wants to be kept of the agent, and nothing of this machine', async () => {
    const { dir } = trialOf('oracle')
    expect(await readFile(path.join(dir, 'artifacts/app/menu.txt'), 'utf8')).not.toBe('')
    await expect(readFile(path.join(dir, 'artifacts/etc/passwd'))).rejects.toThrow('ENOENT')
    expect(await readFile(path.join(dir, 'trial.log'), 'utf8')).toContain('artifact /etc/passwd: main has no such file')
  })

  it('has had its main do what its entrypoint does before anybody works in it', async () => {
    expect(await readFile(path.join(trialOf('nop').dir, 'kubemend/workspace/opened.txt'), 'utf8')).toBe(
      'opened, with vi\n',
    )
  })

  it('says which Kubernetes it asked for and which it got', async () => {
    const record = await readFile(path.join(trialOf('oracle').dir, 'kubemend/record.jsonl'), 'utf8')
    expect(record).toContain('the task asks for Kubernetes v1.35.0, and gets 1.35')
  })

  for (const name of exploits) {
    it(`gives nothing to an agent that comes to ${name.replaceAll('-', ' ')}`, async () => {
      const trial = trialOf(`oracle:unsafe/${name}.sh`)
      expect([trial.reward, trial.outcome]).toEqual([0, expect.stringMatching(/^(failed|agent-error)$/)])
      const reward: unknown = JSON.parse(await readFile(path.join(trial.dir, 'verifier/reward.json'), 'utf8'))
      expect(reward).toEqual({ reward: 0 })
      expect(await readFile(path.join(trial.dir, 'verifier/test-stdout.txt'), 'utf8')).not.toContain('all tests passed')
    })
  }
})
