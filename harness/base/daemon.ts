import { spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'

/** A process by id and start time: a number used again by another process is not mistaken for it. */
export interface ProcessId {
  pid: number
  startedAt: string
}

/** Starts a program that outlives us, in its own session, with both output streams in a file. */
export function startDaemon(
  argv: readonly string[],
  options: { logFile: string; env?: Record<string, string> },
): ProcessId {
  const [file, ...args] = argv
  if (file === undefined) throw new TypeError('startDaemon needs a program')
  const log = openSync(options.logFile, 'a')
  try {
    const child = spawn(file, args, {
      detached: true,
      stdio: ['ignore', log, log],
      env: { ...process.env, ...options.env },
    })
    child.unref()
    if (child.pid === undefined) throw new Error(`${file} could not be started`)
    child.on('error', () => undefined)
    return { pid: child.pid, startedAt: startTimeOf(child.pid) ?? '' }
  } finally {
    closeSync(log)
  }
}

/** This process, as others will recognise it. */
export function thisProcess(): ProcessId {
  return { pid: process.pid, startedAt: startTimeOf(process.pid) ?? '' }
}

/** Whether that very process still runs; a zombie does not. */
export function isRunning(process: ProcessId): boolean {
  const startedAt = startTimeOf(process.pid)
  return startedAt !== undefined && startedAt === process.startedAt
}

/** Start time in clock ticks since boot, from /proc; where there is no /proc, liveness alone. */
export function startTimeOf(pid: number): string | undefined {
  try {
    const fields = statFields(readFileSync(`/proc/${pid}/stat`, 'utf8'))
    return fields[0] === 'Z' || fields[0] === 'X' ? undefined : fields[19]
  } catch {
    return hasProc ? undefined : aliveWithoutProc(pid)
  }
}

/** The fields after the command name, which may itself hold spaces and parentheses. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')
}

const hasProc = process.platform === 'linux'

function aliveWithoutProc(pid: number): string | undefined {
  try {
    process.kill(pid, 0)
    return 'alive'
  } catch {
    return undefined
  }
}
