import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { until } from '../base/retry.ts'

/** The command line as a process, for tests that do to it what happens to processes. */
export interface CliProcess {
  readonly pid: number
  /** Everything it has said to people so far. */
  readonly said: string
  readonly stdout: string
  readonly ended: Promise<{ exitCode: number | null; signal: NodeJS.Signals | null }>
  /** Waits until it has said something. */
  until(pattern: RegExp, timeoutMs?: number): Promise<RegExpExecArray>
  kill(signal: NodeJS.Signals): void
  /** What Ctrl-C in a terminal does: everything in its process group is interrupted. */
  pressCtrlC(): void
  /** Kills it with SIGKILL at the very moment at which it says something, and waits for its end. */
  killAt(pattern: RegExp): Promise<void>
}

export function startCli(args: readonly string[], env: Record<string, string>): CliProcess {
  const main = path.resolve(import.meta.dirname, '../cli/main.ts')
  const child = spawn(process.execPath, [main, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  let said = ''
  let stdout = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()))
  const ended = whenEnded(child)
  let isRunning = true
  void ended.then(() => (isRunning = false))
  return {
    pid: child.pid ?? 0,
    get said() {
      return said
    },
    get stdout() {
      return stdout
    },
    ended,
    kill: (signal) => void child.kill(signal),
    pressCtrlC: () => void process.kill(-child.pid!, 'SIGINT'),
    async killAt(pattern) {
      child.stderr.on('data', () => pattern.test(said) && child.kill('SIGKILL'))
      const { signal } = await ended
      if (signal !== 'SIGKILL') throw new Error(`it ended without saying ${String(pattern)}:\n${said}${stdout}`)
    },
    until(pattern, timeoutMs = 120_000) {
      return until(
        async () => {
          const found = pattern.exec(said)
          if (!found && !isRunning) throw new Error(`it ended without saying ${String(pattern)}:\n${said}${stdout}`)
          return found ?? undefined
        },
        { what: `${String(pattern)} in:\n${said}`, timeoutMs, intervalMs: 20 },
      )
    },
  }
}

function whenEnded(child: ChildProcess): CliProcess['ended'] {
  return new Promise((resolve) => {
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }))
  })
}
