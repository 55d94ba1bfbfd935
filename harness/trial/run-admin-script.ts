import path from 'node:path'
import type { CommandResult } from '../base/command.ts'
import { runInSandbox } from './sandbox.ts'
import { readPort, writeSandboxKubeconfig } from './script-access.ts'
import type { TrialPrograms } from './trial-plan.ts'

/** Runs a script of the task in the sandbox, as the cluster's admin, with its folder mounted where it expects it. */
export async function runAdminScript(options: {
  /** The script in the task's folder, as fault/10-break.sh or tests/check.sh. */
  file: string
  taskDir: string
  /** What its folder is called inside. */
  mountedAt: string
  args?: readonly string[]
  kubeconfig: string
  programs: TrialPrograms
  timeoutMs: number
  signal: AbortSignal
}): Promise<CommandResult> {
  const { file, taskDir, mountedAt, args = [], programs, timeoutMs, signal } = options
  await using access = await writeSandboxKubeconfig(options.kubeconfig)
  return await runInSandbox({
    argv: ['bash', `${mountedAt}/${path.basename(file)}`, ...args],
    mounts: [
      { from: path.join(taskDir, path.dirname(file)), to: mountedAt },
      { from: access.file, to: '/root/.kube/config' },
    ],
    programs: { kubectl: programs.kubectl },
    ports: [await readPort(access.file)],
    portal: programs.portal,
    timeoutMs,
    signal,
  })
}
