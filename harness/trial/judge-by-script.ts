import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { chmod, cp, lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CheckVerdict } from '../../verifiers/run-checks.ts'
import type { CommandResult } from '../base/command.ts'
import { makeScratch } from '../base/scratch.ts'
import { resolveEnv } from '../task/env-template.ts'
import type { Task } from '../task/task.ts'
import { mainReward, readRewards } from './read-rewards.ts'
import { runInSandbox, type SandboxOptions } from './sandbox.ts'
import { readPort, writeSandboxKubeconfig } from './script-access.ts'
import { TrialFault } from './trial-fault.ts'
import { multiplierOf, type TrialPlan } from './trial-plan.ts'

/** What a task's own script said. */
export interface ScriptJudgement {
  rewards: Record<string, number>
  verdict: CheckVerdict
}

/** A script that judges: where its files come from and what it may take. */
export interface JudgingScript {
  /** Its name in the record: tests/test.sh. */
  name: string
  /** Folders whose files make up /tests, the later over the earlier. */
  tests: readonly string[]
  timeoutSec: number
  /**
   * It uses what the agent could write to: that it gives no reward, or does not end, may be the agent's doing, and then
   * counts as not met.
   */
  mayBeSpoilt?: boolean
}

/** Runs a command line where the script is to judge, with these folders of this machine as /tests and /logs. */
export type RunJudge = (given: {
  argv: string[]
  stdin: string
  tests: string
  logs: string
  timeoutMs: number
}) => Promise<Pick<CommandResult, 'stdout' | 'isTimedOut' | 'durationMs'>>

/**
 * Runs the task's tests/test.sh in a sandbox of its own, which nothing that the agent could write to is part of, and
 * reads the reward that it leaves.
 */
export async function judgeByScript(
  plan: TrialPlan,
  sandbox: Omit<SandboxOptions, 'argv' | 'timeoutMs'>,
  script: JudgingScript = ownScript(plan.task),
): Promise<ScriptJudgement> {
  return judgeWith(plan, script, ({ argv, stdin, tests, logs, timeoutMs }) =>
    runInSandbox({
      ...sandbox,
      argv,
      stdin,
      mounts: [
        ...sandbox.mounts,
        { from: tests, to: '/tests', isWritable: true },
        { from: logs, to: '/logs', isWritable: true },
      ],
      timeoutMs,
    }),
  )
}

/** The one that a task has. */
export function ownScript({ dir, toml }: Task): JudgingScript {
  return { name: 'tests/test.sh', tests: [path.join(dir, 'tests')], timeoutSec: toml.verifier.timeout_sec }
}

/**
 * Lets a script judge and reads the reward that it leaves. Its exit code says nothing, as in Harbor; no reward is the
 * task's fault.
 */
export async function judgeWith(plan: TrialPlan, script: JudgingScript, run: RunJudge): Promise<ScriptJudgement> {
  const { store } = plan
  const dir = await makeScratch('verify')
  try {
    const [tests, logs] = [path.join(dir, 'tests'), path.join(dir, 'logs')]
    await mkdir(tests)
    for (const from of script.tests) await cp(from, tests, { recursive: true })
    // an image of the verifier's own may bring it along
    if (existsSync(path.join(tests, 'test.sh'))) await chmod(path.join(tests, 'test.sh'), 0o755)
    for (const name of ['agent', 'verifier', 'artifacts']) {
      await mkdir(path.join(logs, name), { recursive: true })
      // whoever the script is there, it may write here
      await chmod(path.join(logs, name), 0o777)
    }
    const nonce = randomBytes(12).toString('hex')
    const ran = await run({
      argv: ['bash', '-c', watchedScript],
      stdin: `${nonce}\n`,
      tests,
      logs,
      timeoutMs: script.timeoutSec * 1000 * multiplierOf(plan, 'verifier'),
    })
    await keep(path.join(logs, 'verifier'), store.verifierDir)
    if (ran.isTimedOut) {
      const because = `${script.name} took more than its ${script.timeoutSec} s`
      if (script.mayBeSpoilt) return withoutReward(script, because, ran.durationMs)
      throw new TrialFault('task', 'verifier-timeout', because)
    }
    const read = await readRewards(path.join(logs, 'verifier'))
    const { isOver, left } = readEnd(ran.stdout, nonce)
    // a file that somebody is still writing may be caught empty
    if ('problem' in read && left === undefined) {
      if (script.mayBeSpoilt) return withoutReward(script, read.problem, ran.durationMs)
      throw new TrialFault('task', 'no-reward', read.problem)
    }
    const rewards = 'problem' in read ? { reward: 0 } : read.rewards
    const reward = mainReward(rewards)
    const doubt = left ?? (isOver ? undefined : 'something ended the script before it came to its end')
    return {
      rewards: doubt === undefined ? rewards : { ...rewards, reward: 0 },
      verdict: {
        verifier: script.name,
        at: path.posix.dirname(script.name),
        status: reward >= 1 && doubt === undefined ? 'met' : 'not-met',
        because:
          doubt === undefined ? `its reward is ${reward}` : `its reward is ${reward}, which does not count: ${doubt}`,
        evidence: rewards,
        durationMs: ran.durationMs,
      },
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** What is said of a script that was kept from judging by what the agent left. */
export function withoutReward({ name }: JudgingScript, because: string, durationMs: number): ScriptJudgement {
  return {
    rewards: { reward: 0 },
    verdict: {
      verifier: name,
      at: path.posix.dirname(name),
      status: 'not-met',
      because,
      evidence: { reward: 0 },
      durationMs,
    },
  }
}

/** Runs the script, then says which processes it left, and last what only this shell was told: that it came to its end. */
const watchedScript = `read -r nonce
/tests/test.sh </dev/null >/logs/verifier/test-stdout.txt 2>&1
for dir in /proc/[0-9]*; do
  pid=\${dir#/proc/}
  if [ "$pid" = 1 ] || [ "$pid" = $$ ]; then continue; fi
  program=$(readlink "$dir/exe") && echo "left $program $(tr '\\0\\n' '  ' <"$dir/cmdline" | head -c 200)"
done
echo "$nonce"`

/**
 * A verifier that runs what the agent wrote can be killed by it, or leave behind a process of its that writes the reward
 * last. What scripts leave in good faith, a port-forward for one, writes none.
 */
function readEnd(said: string, nonce: string): { isOver: boolean; left: string | undefined } {
  const lines = said.trimEnd().split('\n')
  const all = lines.filter((line) => line.startsWith('left ')).map((line) => line.slice('left '.length).trim())
  const [first] = all.filter((line) => !harmless.test(line))
  const left = first === undefined ? undefined : `when the script had ended, this still ran: ${first}`
  return { isOver: lines.at(-1) === nonce, left }
}

const harmless =
  /^(\/run\/sandbox\/portal|\/opt\/bin\/kubectl|\/(usr\/)?bin\/(sleep|tail)|\/bin\/busybox (sleep|tail)) /

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
