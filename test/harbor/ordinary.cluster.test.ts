import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { SeenRequest, Turn } from '../../agents/model/fake-server/scenario.ts'
import { startFakeServer } from '../../agents/model/fake-server/start-fake-server.ts'
import { ensureImages } from '../../environments/images/ensure-images.ts'
import { startOwnDocker, stopOwnDocker } from '../../environments/kind/own-docker.ts'
import { messageOf } from '../../harness/base/errors.ts'
import { findDocker } from '../../harness/cli/find-docker.ts'
import { readTrajectory } from '../../harness/record/atif-reader.ts'
import { runJob, shareJob } from '../../harness/job/share-job.ts'
import type { Docker } from '../../harness/trial/foreign/docker.ts'

// A Harbor task without a cluster, unedited, in Docker; letters-in-two-steps takes Docker Compose and is run by hand.
const task = path.join(import.meta.dirname, 'ordinary/totals-are-wrong')

const exploits = ['seed-the-reward', 'leave-a-daemon', 'end-the-machine']

let docker: Docker | undefined
let why = ''
let isDockerOurs = false

beforeAll(async () => {
  docker = await someDocker()
}, 600_000)

const { trialOf } = shareJob(async (dir) => {
  if (docker === undefined) return []
  const [image] = await ensureImages(['python:3.13-slim'])
  await docker.must(['load', '--input', image?.archive ?? ''])
  await using server = await startFakeServer(mendAndSubmit)
  const agents = ['oracle', 'nop', 'model=openai/gpt-6-sol', ...exploits.map((name) => `oracle:unsafe/${name}.sh`)]
  const flags = [...agents.flatMap((agent) => ['--agent', agent]), '--base-url', `${server.url}/v1`]
  const env = { OPENAI_API_KEY: 'sk-kubemend-test-0123456789abcdef' }
  return await runJob([task, ...flags, '--out', dir, '--concurrency', '2'], env)
})

function mendAndSubmit({ toolResults }: SeenRequest): Turn {
  const mend = String.raw`sed -i 's/+= \$3/+= $2 * $3/' totals.sh && cd prices && (setsid python3 -m http.server 8080 >/dev/null 2>&1 &)`
  const calls = [
    { tool: 'bash', args: { command: 'cat totals.sh; ls; exit 3' } },
    { tool: 'bash', args: { command: mend } },
    { tool: 'bash', args: { command: './totals.sh' } },
    { tool: 'price_of', args: { thing: 'milk' } },
    { tool: 'submit', args: { summary: 'it forgot how many' } },
  ]
  const call = calls[toolResults.length]
  return call ? { say: 'One thing at a time.', calls: [call] } : { say: 'Done.' }
}

afterAll(async () => {
  if (isDockerOurs) await stopOwnDocker()
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

describe('a Harbor task without a cluster', () => {
  it('is solved by its own solution and by nobody who does nothing', (context) => {
    context.skip(docker === undefined, why)
    expect(trialOf('oracle')).toMatchObject({ outcome: 'solved', reward: 1 })
    expect(trialOf('nop')).toMatchObject({ outcome: 'failed', reward: 0 })
  })

  it("is solved by a model, which works there with a shell and the task's own tools, and is told of no cluster", async (context) => {
    context.skip(docker === undefined, why)
    const trial = trialOf('model=openai/gpt-6-sol')
    expect(trial).toMatchObject({ outcome: 'solved', reward: 1 })
    const { steps } = await readTrajectory(path.join(trial.dir, 'agent/trajectory.json'))
    expect(steps[0]?.message).not.toContain('cluster')
    const results = steps.flatMap((step) => step.observation?.results ?? []).map(({ content }) => content)
    expect(results.slice(0, 4)).toEqual([
      expect.stringMatching(/^#!\/bin\/bash\n[^]*till\.log[^]*\[exit code 3\]$/),
      '[no output, exit code 0]\n',
      'bread 9\nmilk 10\n',
      '2',
    ])
  })

  for (const exploit of exploits) {
    it(`gives nothing for ${exploit}, and counts it`, (context) => {
      context.skip(docker === undefined, why)
      expect(trialOf(`oracle:unsafe/${exploit}.sh`).reward).toBe(0)
      expect(trialOf(`oracle:unsafe/${exploit}.sh`).outcome).toMatch(/^(failed|agent-error)$/)
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
