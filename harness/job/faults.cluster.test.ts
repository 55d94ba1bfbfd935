import { rmSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { sleep } from '../base/clock.ts'
import { runCommand } from '../base/command.ts'
import { packageRoot } from '../base/package-root.ts'
import { readRecord } from '../record/reader.ts'
import { startCli, type CliProcess } from './cli-process.ts'
import { writeSampleRepair } from './sample-repair.ts'

let dir: string
let task: string
let env: Record<string, string>

beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'faults-'))
  task = await writeSampleRepair(path.join(dir, 'web-is-gone'), { toolCalls: 40 })
  // a state and a folder for temporary files of its own: what is left behind shows
  env = { KUBEMEND_STATE: path.join(dir, 'state'), TMPDIR: path.join(dir, 'tmp') }
  await mkdir(path.join(dir, 'tmp'))
})
afterAll(async () => {
  await startCli(['cluster', 'gc'], env).ended
  await rm(dir, { recursive: true, force: true })
})

interface Summary {
  dir: string
  trials: { agent: string; outcome: string; dir: string; because: string }[]
  left: number
}

/** Where a new job goes; what an earlier attempt of the test left there is gone. */
function out(name: string): string[] {
  rmSync(jobDir(name), { recursive: true, force: true })
  return ['--out', path.join(dir, 'results'), '--job-name', name]
}
function start(...args: string[]): CliProcess {
  const cli = startCli(['run', ...args], env)
  // a test that fails half-way leaves nothing running
  onTestFinished(() => cli.kill('SIGKILL'))
  return cli
}
const jobDir = (name: string): string => path.join(dir, 'results', name)

async function run(...args: string[]): Promise<Summary & { exitCode: number | null; said: string }> {
  const cli = start(...args, '--json')
  const { exitCode } = await cli.ended
  try {
    return { ...(JSON.parse(cli.stdout) as Summary), exitCode, said: cli.said }
  } catch (cause) {
    throw new Error(`no summary:\n${cli.said}${cli.stdout}`, { cause })
  }
}

/** The outcome of every trial that a job has, by the trial's id. */
async function outcomesOf(name: string): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {}
  for (const trial of await readdir(jobDir(name), { withFileTypes: true })) {
    if (!trial.isDirectory() || trial.name.startsWith('.')) continue
    const text = await readFile(path.join(jobDir(name), trial.name, 'result.json'), 'utf8')
    const result = JSON.parse(text) as { id: string; x_kubemend: { outcome: string } }
    outcomes[result.id] = result.x_kubemend.outcome
  }
  return outcomes
}

/** Clusters, their processes and temporary files that are there although nothing runs. */
async function leftBehind(): Promise<string[]> {
  const clusters = await readdir(path.join(dir, 'state', 'clusters')).catch(() => [])
  const files = await readdir(path.join(dir, 'tmp'))
  const { stdout } = await runCommand(['pgrep', '-af', dir])
  const processes = stdout.split('\n').filter((line) => line !== '' && !line.includes('pgrep'))
  return [...clusters.filter((name) => !name.startsWith('.')), ...files, ...processes]
}

describe('a job whose harness is killed', () => {
  it('goes on with exactly what is missing, whatever phase it was in, and leaves nothing behind', async () => {
    const name = `killed-${Date.now()}`
    const first = start(task, '--agent', 'oracle', '--attempts', '2', '--concurrency', '1', ...out(name))
    await first.killAt(/solved in[\s\S]* prepare /)
    const before = await finishedOf(name)
    expect(Object.values(before)).toEqual(['solved'])

    for (const phase of ['baseline', 'agent', 'revoke', 'verify', 'collect']) {
      const again = start('--resume', jobDir(name), '--concurrency', '1')
      await again.killAt(new RegExp(` ${phase} \\(`))
    }
    const end = await run('--resume', jobDir(name), '--concurrency', '1')
    expect(end.said).not.toContain('invalid')
    const after = await outcomesOf(name)
    expect(Object.values(after)).toEqual(['solved', 'solved'])
    expect(after).toMatchObject(before)
    expect(await leftBehind()).toEqual([])
  }, 400_000)

  async function finishedOf(name: string): Promise<Record<string, string>> {
    const finished: Record<string, string> = {}
    for (const trial of await readdir(jobDir(name))) {
      const text = await readFile(path.join(jobDir(name), trial, 'result.json'), 'utf8').catch(() => undefined)
      if (text === undefined) continue
      const result = JSON.parse(text) as { id: string; x_kubemend: { outcome: string } }
      finished[result.id] = result.x_kubemend.outcome
    }
    return finished
  }
})

describe('an interrupted job', () => {
  it('first finishes what runs and begins nothing new', async () => {
    const cli = start(
      task,
      '--agent',
      'oracle:unsafe/slow.sh',
      '--attempts',
      '3',
      '--concurrency',
      '1',
      ...out('drained'),
    )
    await cli.until(/ agent \(/)
    cli.pressCtrlC()
    const { exitCode } = await cli.ended
    expect(exitCode).toBe(3)
    expect(cli.stdout).toContain('2 of the plan left')
    expect(Object.values(await outcomesOf('drained'))).toEqual(['solved'])
    expect(await leftBehind()).toEqual([])
  })

  it('stops now when it is interrupted again, and takes its clusters down', async () => {
    const cli = start(
      task,
      '--agent',
      'oracle:unsafe/hang.sh',
      '--attempts',
      '2',
      '--concurrency',
      '1',
      ...out('stopped'),
    )
    await cli.until(/ agent \(/)
    cli.kill('SIGINT')
    await cli.until(/interrupt again/)
    // no echo of the first one
    await sleep(500)
    cli.pressCtrlC()
    const startedAt = Date.now()
    const { exitCode } = await cli.ended
    expect(exitCode).toBe(3)
    expect(Date.now() - startedAt).toBeLessThan(15_000)
    expect(cli.stdout).toContain('2 of the plan left')
    expect(await leftBehind()).toEqual([])
  })
})

it('goes on when nobody reads any more what it says', async () => {
  const main = path.resolve(import.meta.dirname, '../cli/main.ts')
  const files = path.join(packageRoot, 'tasks/core/newsletter-release-is-refused')
  const words = [process.execPath, main, 'run', files, '--agent', 'oracle', ...out('unread')]
  const { stdout, stderr } = await runCommand(
    ['sh', '-c', `(${words.join(' ')}; echo "exit $?" >&3) 3>&2 2>&1 | head -n 1`],
    {
      env,
    },
  )
  expect(stdout).toMatch(/^job /)
  expect(stderr).toBe('exit 0\n')
  expect(Object.values(await outcomesOf('unread'))).toEqual(['solved'])
})

describe('a cluster that breaks in mid-trial', () => {
  it.each(['kube-apiserver', 'etcd', 'kubelet', 'containerd'])(
    'makes the trial invalid when %s was killed, and says so',
    async (component) => {
      const name = `lost-${component}`
      const cli = start(task, '--agent', 'oracle:unsafe/slow.sh', '--timeout', '30', '--json', ...out(name))
      await cli.until(/"phase":"agent"/)
      await killComponent(component)
      const { exitCode } = await cli.ended
      const [trial] = (JSON.parse(cli.stdout) as Summary).trials
      expect(trial).toMatchObject({
        outcome: 'invalid',
        because: expect.stringContaining(`${component} on node`) as string,
      })
      expect(exitCode).toBe(3)
      expect(await leftBehind()).toEqual([])
    },
  )

  /** Kills a component of the one cluster that runs under this test's state. */
  async function killComponent(component: string): Promise<void> {
    const clusters = path.join(dir, 'state', 'clusters')
    const names = (await readdir(clusters)).filter((name) => !name.includes('-next-'))
    const { stdout } = await runCommand(['pgrep', '-x', component.slice(0, 15)])
    const pids = stdout.trim().split('\n').map(Number)
    const ours = await Promise.all(
      pids.map(async (pid) => {
        const group = await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')
        return names.some((name) => group.includes(name)) ? [pid] : []
      }),
    )
    const [pid] = ours.flat()
    if (pid === undefined) throw new Error(`no ${component} in ${names.join(', ')}`)
    process.kill(pid, 'SIGKILL')
  }
})

describe('an agent that will not end', () => {
  it.each(['hang', 'stubborn', 'flood', 'print'])('is ended by its time when its script is %s.sh', async (script) => {
    const { trials } = await run(task, '--agent', `oracle:unsafe/${script}.sh`, '--timeout', '4', ...out(script))
    expect(trials).toMatchObject([
      { outcome: 'stopped', because: expect.stringContaining('its 4 s are over') as string },
    ])
    expect(await leftBehind()).toEqual([])
  })

  it('is ended by its budget of tool calls when it floods the gateway', async () => {
    const recording = path.join(dir, 'flood.json')
    await writeFile(recording, JSON.stringify(floodOf(10_000)))
    const { trials } = await run(task, '--agent', `replay=${recording}`, ...out('calls'))
    expect(trials).toMatchObject([
      { outcome: 'stopped', because: expect.stringContaining('its 40 tool calls are used up') as string },
    ])
    let calls = 0
    for await (const event of readRecord(path.join(trials[0]?.dir ?? '', 'kubemend/record.jsonl')))
      if (event.type === 'tool-call-started') calls++
    expect(calls).toBe(41)
    expect(await leftBehind()).toEqual([])
  })

  function floodOf(calls: number): unknown {
    return {
      schema_version: 'ATIF-v1.7',
      session_id: 'flood',
      agent: { name: 'flood', version: '1' },
      steps: Array.from({ length: calls }, (_, i) => ({
        step_id: i + 1,
        source: 'agent',
        message: '',
        tool_calls: [{ tool_call_id: `c${i}`, function_name: 'kubectl', arguments: { args: 'get pods -n shop' } }],
      })),
    }
  }
})

describe('a results folder that cannot be written', () => {
  it('is told in one message before anything is started when it is read-only', async () => {
    const result = await runMounted('mount -t tmpfs -o ro tmpfs')
    expect(result.exitCode).toBe(3)
    expect(result.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^error: .*results\/full: the file system is read-only$/),
      'hint: choose another folder with --out',
    ])
  })

  it('ends the job with one message when the disk is full, and leaves nothing behind', async () => {
    const result = await runMounted('mount -t tmpfs -o size=48k tmpfs')
    expect(result.stderr).toMatch(/error: .*: the disk is full\nhint: free some space, then go on with --resume\n$/)
    expect(result.stderr.match(/^error:/gm)).toHaveLength(1)
    expect(result.exitCode).toBe(3)
    expect(await leftBehind()).toEqual([])
  })

  /** Runs a job whose results are on a small file system that nobody else sees. */
  async function runMounted(mount: string): Promise<{ exitCode: number | undefined; stderr: string }> {
    const results = path.join(dir, 'mounted/results')
    await mkdir(results, { recursive: true })
    const main = path.resolve(import.meta.dirname, '../cli/main.ts')
    const words = [process.execPath, main, 'run', task, '--agent', 'oracle', '--out', results, '--job-name', 'full']
    const script = `${mount} ${results} && exec ${words.join(' ')}`
    return runCommand(['unshare', '--mount', 'sh', '-c', script], { env, timeoutMs: 90_000 })
  }
})
