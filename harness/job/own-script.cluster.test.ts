import { mkdtemp, readFile, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sampleTask, writeSampleTask } from '../task/sample-task.ts'
import { startCli } from './cli-process.ts'

interface Trial {
  task: string
  agent: string
  outcome: string
  reward: number
  dir: string
  because: string
}

let out: string
beforeAll(async () => {
  out = await mkdtemp(path.join(os.tmpdir(), 'own-script-'))
})
afterAll(() => rm(out, { recursive: true, force: true }))

async function run(task: string, agents: string[], ...more: string[]): Promise<Trial[]> {
  const words = [
    'run',
    task,
    ...agents.flatMap((agent) => ['--agent', agent]),
    '--cluster',
    'node',
    '--out',
    out,
    '--json',
    ...more,
  ]
  const cli = startCli(words, {})
  await cli.ended
  const { trials = [] } = JSON.parse(cli.stdout || '{}') as { trials?: Trial[] }
  if (trials.length === 0) throw new Error(cli.said)
  return trials.toSorted((a, b) => agents.indexOf(a.agent) - agents.indexOf(b.agent))
}

/** The sample task without its world, fault and contract. */
const none = Object.fromEntries(
  Object.keys(sampleTask)
    .filter((file) => /^(environment|tests)\//.test(file))
    .map((file) => [file, undefined]),
)

const toml = (kind: string): string => `schema_version = "1.4"

[task]
name = "acme/${kind}"

[metadata.kubemend]
kind = "${kind}"
difficulty = "easy"
category = "configuration"
permissions = ["edit"]

[environment]
docker_image = "kubemend/task:1"

[verifier.env]
EXPECTED = "green"
`

const judgeScript = (look: string): string => `#!/bin/bash
if [ "$(${look})" = "$EXPECTED" ]; then echo '{"reward": 1, "share": 0.5}' >/logs/verifier/reward.json; else echo 0 >/logs/verifier/reward.txt; fi
echo looked
exit 3
`

const cheats = {
  'solution/unsafe/seed.sh': '#!/bin/bash\nmkdir -p /logs/verifier; echo 1 >/logs/verifier/reward.txt; true\n',
}

describe('a task of our own form with a script in place of a contract', () => {
  it('is judged by the script in a sandbox of its own, on files', async () => {
    const task = await writeSampleTask(path.join(out, 'workspace'), {
      ...none,
      ...cheats,
      'task.toml': toml('workspace'),
      'environment/workspace/lamp.txt': 'red\n',
      'solution/solve.sh': '#!/bin/bash\necho green >/app/lamp.txt\n',
      'tests/test.sh': judgeScript('cat /app/lamp.txt'),
    })
    const trials = await run(task, ['oracle', 'nop', 'oracle:unsafe/seed.sh'])
    expect(trials.map(({ agent, outcome, reward }) => [agent, outcome, reward])).toEqual([
      ['oracle', 'solved', 1],
      ['nop', 'failed', 0],
      ['oracle:unsafe/seed.sh', 'failed', 0],
    ])
    const [oracle] = trials
    const file = (name: string): Promise<string> => readFile(path.join(oracle?.dir ?? '', 'verifier', name), 'utf8')
    expect(JSON.parse(await file('reward.json'))).toEqual({ reward: 1, share: 0.5 })
    expect(await file('test-stdout.txt')).toBe('looked\n')
  })

  it('is failed when the script leaves no reward after the agent did something, and invalid when it did nothing', async () => {
    const task = await writeSampleTask(path.join(out, 'silent'), {
      ...none,
      'task.toml': toml('workspace').replace('acme/workspace', 'acme/silent'),
      'environment/workspace/lamp.txt': 'red\n',
      'solution/solve.sh': '#!/bin/bash\ntrue\n',
      'tests/test.sh': '#!/bin/bash\nln -s /app/lamp.txt /logs/verifier/reward.txt\n',
    })
    const [repaired, untouched] = await run(task, ['oracle', 'nop'])
    expect(repaired).toMatchObject({
      outcome: 'failed',
      because: expect.stringContaining('tests/test.sh wrote neither reward.json nor reward.txt') as string,
    })
    expect(untouched).toMatchObject({
      outcome: 'invalid',
      because: 'verify: tests/test.sh wrote neither reward.json nor reward.txt in /logs/verifier',
    })
  })
})
