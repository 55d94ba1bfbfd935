import { chmod, cp, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CheckVerdict } from '../../verifiers/run-checks.ts'
import { makeScratch } from '../base/scratch.ts'
import { resolveEnv } from '../task/env-template.ts'
import type { Task } from '../task/task.ts'
import { mainReward, readRewards } from './read-rewards.ts'
import { runInSandbox, type SandboxOptions } from './sandbox.ts'
import { readPort, writeSandboxKubeconfig } from './script-access.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialPlan } from './trial-plan.ts'

/** What a task's own script said. */
export interface ScriptJudgement {
  rewards: Record<string, number>
  verdict: CheckVerdict
}

/**
 * Runs the task's tests/test.sh in a sandbox of its own, which nothing that the agent could write to is part of, and
 * reads the reward that it leaves. Its exit code says nothing, as in Harbor; no reward is the task's fault.
 */
export async function judgeByScript(
  plan: TrialPlan,
  sandbox: Omit<SandboxOptions, 'argv' | 'timeoutMs'>,
): Promise<ScriptJudgement> {
  const { task, store } = plan
  const dir = await makeScratch('verify')
  try {
    const [tests, logs] = [path.join(dir, 'tests'), path.join(dir, 'logs')]
    await cp(path.join(task.dir, 'tests'), tests, { recursive: true })
    await chmod(path.join(tests, 'test.sh'), 0o755)
    for (const name of ['agent', 'verifier', 'artifacts']) await mkdir(path.join(logs, name), { recursive: true })
    const ran = await runInSandbox({
      ...sandbox,
      argv: ['bash', '-c', 'exec /tests/test.sh >/logs/verifier/test-stdout.txt 2>&1'],
      mounts: [
        ...sandbox.mounts,
        { from: tests, to: '/tests', isWritable: true },
        { from: logs, to: '/logs', isWritable: true },
      ],
      timeoutMs: task.toml.verifier.timeout_sec * 1000 * (plan.timeoutMultiplier ?? 1),
    })
    await keep(path.join(logs, 'verifier'), store.verifierDir)
    if (ran.isTimedOut) {
      throw new TrialFault(
        'task',
        'verifier-timeout',
        `tests/test.sh took more than its ${task.toml.verifier.timeout_sec} s`,
      )
    }
    const read = await readRewards(path.join(logs, 'verifier'))
    if ('problem' in read) throw new TrialFault('task', 'no-reward', read.problem)
    const reward = mainReward(read.rewards)
    return {
      rewards: read.rewards,
      verdict: {
        verifier: 'tests/test.sh',
        at: 'tests',
        status: reward >= 1 ? 'met' : 'not-met',
        because: `its reward is ${reward}`,
        evidence: read.rewards,
        durationMs: ran.durationMs,
      },
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** The sandbox for the script of a task of our own form: the cluster's admin, or the files that were to be repaired. */
export async function ownScriptSandbox(
  plan: TrialPlan,
  at: { kubeconfig: string } | { workspace: string },
  signal: AbortSignal,
): Promise<AsyncDisposable & { options: Omit<SandboxOptions, 'argv' | 'timeoutMs'> }> {
  const { task, programs } = plan
  const env = verifierEnvironment(task)
  if ('workspace' in at) {
    const mounts = [{ from: at.workspace, to: '/app', isWritable: true }]
    const options = { mounts, env, cwd: '/app', portal: programs.portal, signal }
    return { options, [Symbol.asyncDispose]: () => Promise.resolve() }
  }
  const access = await writeSandboxKubeconfig(at.kubeconfig)
  return {
    options: {
      mounts: [{ from: access.file, to: '/root/.kube/config' }],
      env: { KUBECONFIG: '/root/.kube/config', ...env },
      programs: { kubectl: programs.kubectl },
      ports: [await readPort(access.file)],
      portal: programs.portal,
      signal,
    },
    [Symbol.asyncDispose]: () => access[Symbol.asyncDispose](),
  }
}

function verifierEnvironment(task: Task): Record<string, string> {
  try {
    return resolveEnv(task.toml.verifier.env, process.env, 'verifier.env')
  } catch (error) {
    throw new TrialFault('task', 'no-variable', (error as Error).message, error)
  }
}

/** Takes over what the script wrote, plain files and folders only; links of it could lead anywhere. */
async function keep(from: string, to: string): Promise<void> {
  const isPlain = async (file: string): Promise<boolean> => {
    const info = await lstat(file)
    return info.isDirectory() || (info.isFile() && info.size <= maxKeptBytes)
  }
  for (const name of await readdir(from)) {
    await cp(path.join(from, name), path.join(to, name), { recursive: true, filter: isPlain })
  }
  await writeFile(path.join(to, 'test-stdout.txt'), '', { flag: 'a' })
}

const maxKeptBytes = 16 * 2 ** 20
