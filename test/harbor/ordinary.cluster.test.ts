import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ensureImages } from '../../environments/images/ensure-images.ts'
import { startOwnDocker, stopOwnDocker } from '../../environments/kind/own-docker.ts'
import { messageOf } from '../../harness/base/errors.ts'
import { findDocker } from '../../harness/cli/find-docker.ts'
import { startCli } from '../../harness/job/cli-process.ts'
import type { Docker } from '../../harness/trial/docker.ts'

// A Harbor task without a cluster, unedited, in Docker; letters-in-two-steps takes Docker Compose and is run by hand.
const task = path.join(import.meta.dirname, 'ordinary/totals-are-wrong')

const exploits = ['seed-the-reward', 'leave-a-daemon', 'end-the-machine']

interface Trial {
  agent: string
  outcome: string
  reward: number
  because: string
}

let out: string
let docker: Docker | undefined
let why = ''
let isDockerOurs = false
let trials: Trial[] = []

beforeAll(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'ordinary-'))
  docker = await someDocker()
  if (docker === undefined) return
  const [image] = await ensureImages(['python:3.13-slim'])
  await docker.must(['load', '--input', image?.archive ?? ''])
  const agents = ['oracle', 'nop', ...exploits.map((name) => `oracle:unsafe/${name}.sh`)]
  const words = ['run', task, ...agents.flatMap((agent) => ['--agent', agent]), '--out', out, '--concurrency', '2']
  const cli = startCli([...words, '--json'], {})
  await cli.ended
  trials = (JSON.parse(cli.stdout || '{"trials": []}') as { trials: Trial[] }).trials
  if (trials.length === 0) throw new Error(cli.said)
}, 600_000)

afterAll(async () => {
  if (isDockerOurs) await stopOwnDocker()
  await rm(out, { recursive: true, force: true })
})

async function someDocker(): Promise<Docker | undefined> {
  const found = await findDocker()
  if ('docker' in found) return found.docker
  try {
    await startOwnDocker({ owner: 'this-process' })
    isDockerOurs = true
  } catch (error) {
    why = `there is no Docker, and none of our own: ${messageOf(error)}`
    return undefined
  }
  const own = await findDocker()
  return 'docker' in own ? own.docker : undefined
}

const trialOf = (agent: string): Trial | undefined => trials.find((trial) => trial.agent === agent)

describe('a Harbor task without a cluster', () => {
  it('is solved by its own solution and by nobody who does nothing', (context) => {
    context.skip(docker === undefined, why)
    expect(trialOf('oracle')).toMatchObject({ outcome: 'solved', reward: 1 })
    expect(trialOf('nop')).toMatchObject({ outcome: 'failed', reward: 0 })
  })

  for (const exploit of exploits) {
    it(`gives nothing for ${exploit}, and counts it`, (context) => {
      context.skip(docker === undefined, why)
      expect(trialOf(`oracle:unsafe/${exploit}.sh`)?.reward).toBe(0)
      expect(trialOf(`oracle:unsafe/${exploit}.sh`)?.outcome).toMatch(/^(failed|agent-error)$/)
    })
  }

  it('leaves no container, network, volume or image behind', async (context) => {
    context.skip(docker === undefined, why)
    for (const kind of ['container', 'network', 'volume', 'image']) {
      const { stdout } = await docker!.must([kind, 'ls', ...(kind === 'container' ? ['--all'] : [])])
      expect(stdout).not.toContain('kubemend-task-')
    }
  })
})
