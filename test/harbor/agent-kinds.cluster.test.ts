import { copyFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { cliDefinitions } from '../../agents/cli/definitions.ts'
import { installCli } from '../../agents/cli/install-cli.ts'
import { connectMcp } from '../../agents/mcp-client.ts'
import type { SeenRequest, Turn } from '../../agents/model/fake-server/scenario.ts'
import { startFakeServer } from '../../agents/model/fake-server/start-fake-server.ts'
import { messageOf } from '../../harness/base/errors.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { startCli } from '../../harness/job/cli-process.ts'
import { runJob, shareJob, trialsOf, type SharedTrial } from '../../harness/job/share-job.ts'
import { findHarbor } from './find-harbor.ts'

// Every kind of agent on a task that takes no cluster, and Harbor's own validators on what is left of it.
const task = path.join(packageRoot, 'tasks/core/newsletter-release-is-refused')
const key = 'sk-kubemend-test-0123456789abcdef'
const keys = { OPENAI_API_KEY: key, ANTHROPIC_API_KEY: key }
const found = await findHarbor()

let why: string | undefined

beforeAll(async () => {
  why = 'missing' in found ? found.missing : await whyNoClaude()
}, 300_000)

const { dir, trials } = shareJob(async (place) => {
  if (why !== undefined) return []
  const jobs = path.join(place, 'jobs')
  const program = path.join(place, 'look-on')
  await writeFile(program, '#!/bin/sh\ncat >/dev/null\necho "I leave it as it is"\n', { mode: 0o755 })
  await using server = await startFakeServer(lookAndSubmit)
  const scripted = ['oracle', 'nop', 'model=openai/gpt-6-sol', 'claude-code', `command=${program}`]
  const together = await runJob(wordsFor(jobs, scripted, '--base-url', `${server.url}/v1`), keys)
  const model = together.find(({ agent }) => agent.startsWith('model'))
  const again = await runJob(wordsFor(jobs, [`replay=${model?.dir}/agent/trajectory.json`]), keys)
  return [...together, ...again, ...(await submitAsPerson(jobs))]
})

function wordsFor(jobs: string, agents: string[], ...more: string[]): string[] {
  return [task, ...agents.flatMap((agent) => ['--agent', agent]), ...more, '--out', jobs, '--concurrency', '1']
}

function lookAndSubmit({ toolResults }: SeenRequest): Turn {
  const calls = [
    { tool: 'list_files', args: {} },
    { tool: 'submit', args: { summary: 'looked' } },
  ]
  const call = calls[toolResults.length]
  return call ? { say: 'One thing at a time.', calls: [call] } : { say: 'Done.' }
}

async function whyNoClaude(): Promise<string | undefined> {
  const { install } = cliDefinitions['claude-code']
  if (install.kind !== 'npm') return 'claude-code is not from npm'
  try {
    await installCli(install)
    return undefined
  } catch (error) {
    return messageOf(error)
  }
}

async function submitAsPerson(jobs: string): Promise<SharedTrial[]> {
  const cli = startCli(['run', ...wordsFor(jobs, ['human=mcp']), '--json'], {})
  const [, url = ''] = await cli.until(/URL\s+(\S+)/)
  const [, token = ''] = await cli.until(/token\s+(\S+)/)
  {
    await using client = await connectMcp({ url, token }, 'a person')
    await client.callTool('submit', { summary: 'not today' }, new AbortController().signal)
  }
  return trialsOf(cli)
}

describe('a job of every kind of agent', () => {
  it('ran, each kind to its own end', ({ skip }) => {
    if (why !== undefined) skip(why)
    expect(trials().map(({ agent, outcome }) => `${agent.replace(/[=:].*/, '')} ${outcome}`)).toEqual([
      'oracle solved',
      'nop failed',
      'model failed',
      'claude-code failed',
      'command failed',
      'replay failed',
      'human failed',
    ])
  })

  it('has trajectories that Harbor takes for valid, and files that its models and viewer read', async ({ skip }) => {
    if (why !== undefined || 'missing' in found) {
      skip(why)
      return
    }
    for (const trial of trials()) {
      const files = path.join(trial.dir, 'agent')
      const said = await found.harbor.python(
        ['-m', 'harbor.utils.trajectory_validator', '/files/trajectory.json'],
        files,
      )
      expect([trial.agent, said.exitCode], said.stdout + said.stderr).toEqual([trial.agent, 0])
    }
    await copyFile(path.join(import.meta.dirname, 'parse_job.py'), path.join(dir(), 'parse_job.py'))
    const { stdout, stderr } = await found.harbor.python(['/files/parse_job.py', '/files/jobs'], dir())
    const view = JSON.parse(stdout || JSON.stringify({ errors: [stderr] })) as {
      errors: string[]
      viewer: Record<string, { config: boolean; result: boolean; trials: Record<string, boolean> }>
    }
    expect(view.errors).toEqual([])
    expect(Object.values(view.viewer).map(({ config, result }) => [config, result])).toEqual(
      Array.from({ length: 3 }, () => [true, true]),
    )
    expect(Object.values(view.viewer).flatMap((job) => Object.values(job.trials))).toEqual(trials().map(() => true))
  })
})
