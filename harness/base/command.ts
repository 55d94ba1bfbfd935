import type { Readable, Writable } from 'node:stream'
import { execa, type Options } from 'execa'
import { onExit } from 'signal-exit'
import { FirstBytes } from './first-bytes.ts'

export interface CommandOptions {
  cwd?: string
  /** Added to the environment; `inheritEnv: false` makes it the whole environment. */
  env?: Record<string, string>
  inheritEnv?: boolean
  stdin?: string | Uint8Array
  timeoutMs?: number
  signal?: AbortSignal
  /**
   * Bytes kept of each stream; what is beyond is read, dropped, and `isTruncated` says so. For programs that are not
   * trusted with our memory: without it a program that prints 64 MB is ended.
   */
  maxBytes?: number
  /** Called with each line of both streams as it arrives. */
  onLine?: (line: string) => void
  /** Takes the output as it arrives; nothing is kept then, and the result's stdout and stderr stay empty. */
  onOutput?: (chunk: Uint8Array, stream: 'stdout' | 'stderr') => void
  /** How long a program that was told to end may take before it is killed. */
  killAfterMs?: number
}

export interface CommandResult {
  exitCode: number | undefined
  signal: string | undefined
  stdout: string
  stderr: string
  isTimedOut: boolean
  isTruncated: boolean
  durationMs: number
}

/**
 * Runs a program to its end and tells how that went; a program that fails is a result, not an exception. It is in a process
 * group of its own: a Ctrl-C in our terminal is for us to hear and not for it, and a time-out or an abort ends all that it
 * started.
 * The only place in Kubemend that starts short-lived processes.
 */
export async function runCommand(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const [file, ...args] = argv
  if (file === undefined) throw new TypeError('runCommand needs a program')
  const { maxBytes } = options
  const kept =
    maxBytes === undefined ? undefined : { stdout: new FirstBytes(maxBytes), stderr: new FirstBytes(maxBytes) }
  const subprocess = execa(file, args, {
    ...execaOptions(options),
    ...(kept && { stdout: letThrough(kept.stdout), stderr: letThrough(kept.stderr) }),
  })
  if (options.onLine) void forwardLines(subprocess, options.onLine)
  if (options.onOutput) forwardOutput(subprocess, options.onOutput)
  using ending = endGroupInTime(subprocess.pid, options)
  const result = await subprocess
  return {
    exitCode: result.exitCode,
    signal: result.signal,
    stdout: String(result.stdout ?? ''),
    stderr: result.exitCode === undefined && !result.stderr ? (result.shortMessage ?? '') : String(result.stderr ?? ''),
    isTimedOut: ending.isTimedOut(),
    isTruncated: kept ? kept.stdout.isCut || kept.stderr.isCut : result.isMaxBuffer,
    durationMs: result.durationMs,
  }
}

/** Like `runCommand`, for programs that must succeed: anything but exit code 0 throws with what it printed. */
export async function mustRun(argv: readonly string[], options: CommandOptions = {}): Promise<CommandResult> {
  const result = await runCommand(argv, options)
  if (result.exitCode === 0) return result
  throw new CommandError(argv, result)
}

/** Runs a program with our terminal as its own, and answers its exit code. */
export async function runInteractively(
  argv: readonly string[],
  options: Pick<CommandOptions, 'signal' | 'env'> = {},
): Promise<number> {
  const [file, ...args] = argv
  if (file === undefined) throw new TypeError('runInteractively needs a program')
  const result = await execa(file, args, {
    reject: false,
    stdio: 'inherit',
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.signal === undefined ? {} : { cancelSignal: options.signal }),
  })
  return result.exitCode ?? 1
}

/** A program that one talks with over its standard streams until it ends or is ended. */
export interface PipedCommand {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  readonly ended: Promise<{ exitCode: number | undefined; signal: string | undefined; error: string }>
  /** Ends it and what it started, at the latest after `killAfterMs`. */
  end(killAfterMs?: number): Promise<void>
}

/** Starts a program in a process group of its own, with its three streams as pipes. */
export function startPiped(
  argv: readonly string[],
  options: Pick<CommandOptions, 'cwd' | 'env' | 'inheritEnv'> = {},
): PipedCommand {
  const [file, ...args] = argv
  if (file === undefined) throw new TypeError('startPiped needs a program')
  const subprocess = execa(file, args, {
    ...execaOptions(options),
    stdin: 'pipe',
    buffer: false,
  })
  const killGroup = groupKiller(subprocess.pid)
  const forget = onExit(() => killGroup('SIGTERM'))
  const ended = subprocess.then((result) => {
    forget()
    return {
      exitCode: result.exitCode,
      signal: result.signal,
      error: result.failed ? (result.shortMessage ?? '') : '',
    }
  })
  return {
    stdin: subprocess.stdin,
    stdout: subprocess.stdout!,
    stderr: subprocess.stderr!,
    ended,
    async end(killAfterMs = 2_000) {
      killGroup('SIGTERM')
      const timer = setTimeout(() => killGroup('SIGKILL'), killAfterMs)
      await ended
      clearTimeout(timer)
      killGroup('SIGKILL')
    },
  }
}

/** A program that had to succeed and did not. */
export class CommandError extends Error {
  readonly result: CommandResult

  constructor(argv: readonly string[], result: CommandResult) {
    const how = result.isTimedOut ? 'timed out' : `exited with ${result.exitCode ?? result.signal ?? 'no code'}`
    const said = (result.stderr || result.stdout).trim().split('\n').slice(-8).join('\n')
    super(`${argv.slice(0, 3).join(' ')}${argv.length > 3 ? ' …' : ''} ${how}${said ? `: ${said}` : ''}`)
    this.name = 'CommandError'
    this.result = result
  }
}

function execaOptions(options: CommandOptions): Options {
  return {
    reject: false,
    detached: true,
    stripFinalNewline: false,
    extendEnv: options.inheritEnv ?? true,
    maxBuffer: 64 * 1024 * 1024,
    ...(options.onOutput === undefined ? {} : { buffer: false }),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.stdin === undefined ? { stdin: 'ignore' } : { input: options.stdin }),
  }
}

/** Lets the beginning of a stream through, so that who prints without end is read to the end. */
function letThrough(first: FirstBytes) {
  return {
    *transform(chunk: unknown): Generator<Uint8Array> {
      const kept = first.take(chunk as Uint8Array)
      if (kept.length > 0) yield kept
    },
    binary: true,
  } as const
}

type KillGroup = (signal: NodeJS.Signals) => void

function groupKiller(pid: number | undefined): KillGroup {
  return (signal) => {
    try {
      if (pid !== undefined) process.kill(-pid, signal)
    } catch {
      // nobody is left in the group
    }
  }
}

/** Ends a process group when its time is up, the signal says so or we end: politely, and after a while not. */
function endGroupInTime(
  pid: number | undefined,
  { timeoutMs, signal, killAfterMs = 5_000 }: CommandOptions,
): Disposable & { isTimedOut: () => boolean } {
  const timers: NodeJS.Timeout[] = []
  let isTimedOut = false
  let isEnding = false
  const kill = groupKiller(pid)
  const forget = onExit(() => kill('SIGTERM'))
  const end = (): void => {
    isEnding = true
    kill('SIGTERM')
    timers.push(setTimeout(() => kill('SIGKILL'), killAfterMs))
  }
  const onTimeout = (): void => {
    isTimedOut = true
    end()
  }
  if (timeoutMs !== undefined) timers.push(setTimeout(onTimeout, timeoutMs))
  if (signal?.aborted) end()
  else signal?.addEventListener('abort', end, { once: true })
  return {
    isTimedOut: () => isTimedOut,
    [Symbol.dispose]() {
      forget()
      for (const timer of timers) clearTimeout(timer)
      if (isEnding) kill('SIGKILL')
      signal?.removeEventListener('abort', end)
    },
  }
}

async function forwardLines(
  subprocess: AsyncIterable<unknown> & {
    iterable: (o: { from: 'all' | 'stdout' | 'stderr' }) => AsyncIterable<unknown>
  },
  onLine: (line: string) => void,
): Promise<void> {
  const drain = async (from: 'stdout' | 'stderr'): Promise<void> => {
    try {
      for await (const line of subprocess.iterable({ from })) onLine(String(line))
    } catch {
      // the result says why the program ended
    }
  }
  await Promise.all([drain('stdout'), drain('stderr')])
}

function forwardOutput(
  subprocess: { stdout: Readable | null | undefined; stderr: Readable | null | undefined },
  onOutput: NonNullable<CommandOptions['onOutput']>,
): void {
  subprocess.stdout?.on('data', (chunk: Uint8Array) => onOutput(chunk, 'stdout'))
  subprocess.stderr?.on('data', (chunk: Uint8Array) => onOutput(chunk, 'stderr'))
}
