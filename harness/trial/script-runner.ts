import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AgentExtras } from '../../agents/agent.ts'
import type { Gateway } from '../gateway/create-gateway.ts'
import { mustHaveSandbox, runInSandbox, type SandboxOptions } from './sandbox.ts'
import { writeSandboxKubeconfig } from './script-access.ts'
import type { TrialPrograms } from './trial-plan.ts'

type RunScript = AgentExtras['runScript']
type ScriptSandbox = Omit<SandboxOptions, 'argv' | 'timeoutMs' | 'signal'>

export interface ScriptRunnerOptions {
  gateway: Gateway
  logDir: string
  timeoutMs: number
  signal: AbortSignal
  /** Where scripts of this task expect to run; the kubeconfig is a file that leads to the cluster as the agent. */
  sandboxWith: (kubeconfig: string) => ScriptSandbox
}

/** Runs scripts of an agent that is one: in the sandbox, through the gateway's relay, each as one recorded call. */
export function scriptRunner(options: ScriptRunnerOptions): RunScript {
  const { gateway, logDir, timeoutMs, signal } = options
  return async (script) => {
    mustHaveSandbox()
    let answer: Awaited<ReturnType<RunScript>> | undefined
    const result = await gateway.serve({
      name: 'script',
      description: 'A script run with the agent identity',
      arguments: { file: script.file },
      async run({ kubeconfig, port }) {
        await using access = await writeSandboxKubeconfig({ text: kubeconfig })
        const sandbox = options.sandboxWith(access.file)
        const ran = await runInSandbox({
          ...sandbox,
          argv: ['bash', script.file],
          mounts: [...sandbox.mounts, ...mountsOf(script.mounts, false), ...mountsOf(script.writable ?? {}, true)],
          env: { ...sandbox.env, ...script.env },
          ports: [port, ...(sandbox.ports ?? [])],
          timeoutMs,
          signal,
        })
        const output = `${ran.stdout}${ran.stderr}`
        answer = { exitCode: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr, isTimedOut: ran.isTimedOut }
        await writeFile(path.join(logDir, `${path.basename(script.file)}.txt`), output)
        return {
          text: output.slice(0, 100_000),
          isError: ran.exitCode !== 0,
          ...(ran.exitCode === undefined ? {} : { exitCode: ran.exitCode }),
        }
      },
    })
    return answer ?? { exitCode: undefined, stdout: '', stderr: result.text, isTimedOut: false }
  }
}

/** The sandbox for scripts of a task of ours; its workspace is /app. */
export function ownSandbox(programs: TrialPrograms, appDir?: string): ScriptRunnerOptions['sandboxWith'] {
  return (kubeconfig) => ({
    mounts: [
      { from: kubeconfig, to: '/root/.kube/config' },
      ...(appDir === undefined ? [] : [{ from: appDir, to: '/app', isWritable: true }]),
    ],
    cwd: appDir === undefined ? '/' : '/app',
    programs: { kubectl: programs.kubectl },
    portal: programs.portal,
  })
}

function mountsOf(places: Record<string, string>, isWritable: boolean): SandboxOptions['mounts'] {
  return Object.entries(places).map(([from, to]) => ({ from, to, isWritable }))
}
