import { mkdir, rm } from 'node:fs/promises'
import path from 'node:path'
import { createOutside } from '../../../../agents/outside/outside.ts'
import { verifiers } from '../../../../verifiers/library.ts'
import { thisProcess } from '../../../base/daemon.ts'
import { InputError } from '../../../base/errors.ts'
import { removeDeadScratch } from '../../../base/scratch.ts'
import { writeAtomically } from '../../../base/write-atomically.ts'
import { planTrials } from '../../../job/run-job.ts'
import { JobStore } from '../../../store/job-store.ts'
import { makeJobName } from '../../../store/trial-name.ts'
import { selectTasks } from '../../../task/find-tasks.ts'
import type { Task } from '../../../task/task.ts'
import { checkForeign } from '../../check-foreign.ts'
import { defineCommand, type Command } from '../../define-command.ts'
import { print, say } from '../../output.ts'
import { loadProvider } from '../../providers.ts'
import { identityOf, runTrials } from '../../run-trials.ts'
import { filesOf, writeEnd } from './served-trial.ts'
import { wholeNumber } from '../../whole-number.ts'

export const open: Command = defineCommand({
  summary:
    "Breaks a cluster as a task wants it, leads somebody else's agent to the gateway, and judges when it is done.",
  positionals: 'TASK',
  flags: {
    dir: { type: 'string', value: 'DIR', default: 'served', summary: 'where it says how it is reached' },
    listen: {
      type: 'string',
      value: 'HOST:PORT',
      default: '127.0.0.1:0',
      summary: 'where /mcp is; everybody who can call there is the agent',
    },
    'key-hash': {
      type: 'string',
      value: 'SHA256',
      summary: 'of the key with which a solution is let in from where the agent is',
    },
    timeout: { type: 'string', value: 'SECONDS', summary: 'the longest wait for the agent [its task, and an hour]' },
    cluster: { type: 'string', value: 'PROVIDER', default: 'auto', summary: 'what makes the cluster' },
    'absent-image': { type: 'string', isMultiple: true, value: 'IMAGE', summary: 'as for run' },
    out: { type: 'string', value: 'DIR', summary: 'where the job goes [DIR/jobs]' },
  },
  details: `A trial like any other, whose agent is not ours. DIR/door.json tells when the agent may come, and where to: port, socket,
instruction. It ends when the agent submits, with \`kubemend serve close DIR\`, or when its time is up; the verdict is in
DIR/ended.json. Exit code 0 when it is solved, 1 when it is not, 3 when it is invalid.`,
  async run({ flags, positionals }) {
    const listen = readListen(flags.listen)
    if (flags['key-hash'] !== undefined && !/^[0-9a-f]{64}$/.test(flags['key-hash']))
      throw new InputError([`--key-hash ${flags['key-hash']}: expected 64 hexadecimal digits`])
    const task = await onlyTask(positionals)
    await checkForeign([task], flags['absent-image'])
    const dir = path.resolve(flags.dir)
    const provider = await loadProvider(flags.cluster)
    await provider.removeLeftovers()
    await removeDeadScratch()
    await mkdir(dir, { recursive: true })
    for (const stale of ['door.json', 'ended.json']) await rm(path.join(dir, stale), { force: true })
    await writeAtomically(filesOf(dir).process, JSON.stringify(thisProcess()))
    const identities = [identityOf(task)]
    const agents = [{ name: 'outside' }]
    const store = await JobStore.create(
      {
        jobName: makeJobName(),
        jobsDir: path.resolve(flags.out ?? path.join(dir, 'jobs')),
        agents,
        tasks: identities,
        attempts: 1,
        concurrency: 1,
        environment: { provider: provider.name, kubernetes: '1.35' },
      },
      planTrials(identities, agents, 1),
    )
    const end = await runTrials({
      store,
      provider,
      tools: 'kubectl',
      concurrency: 1,
      agentTimeoutSec: flags.timeout === undefined ? longestWait(task) : wholeNumber('timeout', flags.timeout),
      load: { mayLackSolution: true },
      makeAgent: () => createOutside({ dir, listen, keyHash: flags['key-hash'] }),
      more: { foreign: { isStrict: false, absentImages: flags['absent-image'], timeouts: {} } },
    })
    const [facts] = end.facts
    if (!facts) return 3
    const rewards = facts.rewards ?? {}
    const trial = path.join(store.dir, facts.placed.trialName)
    await writeEnd(dir, { outcome: facts.outcome, because: facts.because, rewards, dir: trial })
    say(`evidence: ${trial}`)
    print(`${facts.outcome}: ${facts.because}`)
    return facts.outcome === 'solved' ? 0 : facts.outcome === 'invalid' ? 3 : 1
  },
})

/** Whoever runs the agent ends it; what it takes to set one up comes on top. */
function longestWait(task: Task): number {
  return (task.toml.agent.timeout_sec ?? 600) + 3600
}

async function onlyTask(paths: string[]): Promise<Task> {
  const tasks = await selectTasks({ paths }, { verifiers, mayLackSolution: true })
  const [task] = tasks
  if (!task || tasks.length > 1) throw new InputError([`${paths.join(' ')}: expected one task, got ${tasks.length}`])
  if (task.kind === 'manifest')
    throw new InputError([`${task.id} wants one answer: there is nothing to lead an agent to`])
  return task
}

function readListen(text: string): { host: string; port: number } {
  const [, host, port] = /^(.+):(\d{1,5})$/.exec(text) ?? []
  if (host === undefined || port === undefined || Number(port) > 65_535)
    throw new InputError([`--listen ${text}: expected HOST:PORT`])
  return { host, port: Number(port) }
}
