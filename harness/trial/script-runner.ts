import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AgentBudget, AgentExtras } from '../../agents/agent.ts'
import type { Gateway } from '../gateway/create-gateway.ts'
import { runInSandbox } from './sandbox.ts'
import { writeSandboxKubeconfig } from './script-access.ts'
import type { TrialPrograms } from './trial-plan.ts'

/** Runs scripts of an agent that is one: in the sandbox, through the gateway's relay, each as one recorded call. */
export function scriptRunner(options: {
  gateway: Gateway
  programs: TrialPrograms
  signal: AbortSignal
  logDir: string
  limits: AgentBudget
  /** The workspace, which is /app for the script. */
  appDir?: string
}): AgentExtras['runScript'] {
  const { gateway, programs, signal } = options
  return async (script) => {
    let answer: Awaited<ReturnType<AgentExtras['runScript']>> | undefined
    const result = await gateway.serve({
      name: 'script',
      description: 'A script run with the agent identity',
      arguments: { file: script.file },
      async run({ kubeconfig, port }) {
        await using access = await writeSandboxKubeconfig({ text: kubeconfig })
        const ran = await runInSandbox({
          argv: ['bash', script.file],
          mounts: [
            { from: access.file, to: '/root/.kube/config' },
            ...Object.entries(script.mounts).map(([from, to]) => ({ from, to })),
            ...(options.appDir === undefined ? [] : [{ from: options.appDir, to: '/app', isWritable: true }]),
          ],
          env: script.env,
          cwd: options.appDir === undefined ? '/' : '/app',
          programs: { kubectl: programs.kubectl },
          ports: [port],
          portal: programs.portal,
          timeoutMs: options.limits.timeMs,
          signal,
        })
        answer = { exitCode: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr, isTimedOut: ran.isTimedOut }
        await writeFile(path.join(options.logDir, `${path.basename(script.file)}.txt`), `${ran.stdout}${ran.stderr}`)
        return {
          text: `${ran.stdout}${ran.stderr}`.slice(0, 100_000),
          isError: ran.exitCode !== 0,
          ...(ran.exitCode === undefined ? {} : { exitCode: ran.exitCode }),
        }
      },
    })
    return answer ?? { exitCode: undefined, stdout: '', stderr: result.text, isTimedOut: false }
  }
}
