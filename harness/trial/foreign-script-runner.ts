import { lstat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AgentExtras } from '../../agents/agent.ts'
import type { Gateway } from '../gateway/create-gateway.ts'
import { copyPlain } from './box-root.ts'
import { runInSandbox } from './sandbox.ts'
import { writeSandboxKubeconfig } from './script-access.ts'
import type { ServiceSandbox } from './foreign-world.ts'

export interface ForeignScripts {
  gateway: Gateway
  logDir: string
  timeoutMs: number
  signal: AbortSignal
  /** Main, with files that are the agent's to spoil; and where it looks for its kubeconfig. */
  sandbox: ServiceSandbox
  kubeconfig: string
  environment: Record<string, string>
  logs: string
}

/** Runs scripts of an agent that is one, in main of a foreign task; the cluster is reached through the gateway's relay. */
export function foreignScriptRunner(options: ForeignScripts): AgentExtras['runScript'] {
  const { gateway, sandbox, signal, logs } = options
  return async (script) => {
    let answer: Awaited<ReturnType<AgentExtras['runScript']>> | undefined
    const result = await gateway.serve({
      name: 'script',
      description: 'A script run with the agent identity',
      arguments: { file: script.file },
      async run({ kubeconfig, port }) {
        await using access = await writeSandboxKubeconfig({ text: kubeconfig })
        const ran = await runInSandbox({
          ...sandbox,
          argv: ['bash', script.file],
          mounts: [
            ...sandbox.mounts,
            ...Object.entries(script.mounts).map(([from, to]) => ({ from, to })),
            { from: logs, to: '/logs', isWritable: true },
            { from: access.file, to: options.kubeconfig, isWritable: true },
          ],
          env: { ...sandbox.env, ...options.environment, ...script.env },
          ports: [port],
          timeoutMs: options.timeoutMs,
          signal,
        })
        answer = { exitCode: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr, isTimedOut: ran.isTimedOut }
        const output = `${ran.stdout}${ran.stderr}`
        await writeFile(path.join(options.logDir, `${path.basename(script.file)}.txt`), output)
        const artifacts = path.join(logs, 'artifacts')
        if ((await lstat(artifacts).catch(() => undefined))?.isDirectory()) {
          await copyPlain(artifacts, path.join(options.logDir, 'artifacts'))
        }
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
