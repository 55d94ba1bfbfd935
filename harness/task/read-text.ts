import { lstat, readFile, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import type { Problem } from './problem.ts'

/** One task folder while it is being read, and everything found wrong with it so far. */
export interface TaskReading {
  dir: string
  problems: Problem[]
}

/** Adds a problem with a file of the task. */
export function report(reading: TaskReading, file: string, problem: Omit<Problem, 'file'>): void {
  reading.problems.push({ file: path.join(reading.dir, file), ...problem })
}

/**
 * The text of a file of the task, or undefined when it is not there or cannot be read as text, which is reported.
 * `needed` says what the file is for; without it a missing file is nothing to report.
 */
export async function readText(
  reading: TaskReading,
  file: string,
  options: { needed?: string } = {},
): Promise<string | undefined> {
  const read = await readBytes(path.join(reading.dir, file), reading.dir)
  const refused = typeof read === 'string' ? read : undefined
  if (read === undefined) {
    if (options.needed !== undefined) report(reading, file, { message: `missing; expected ${options.needed}` })
    return undefined
  }
  const text = typeof read === 'string' ? undefined : decode(read)
  const message = refused ?? text?.problem
  if (message !== undefined) report(reading, file, { message })
  return text?.text
}

/** The text of a script, which must be able to run as a program. */
export async function readScript(
  reading: TaskReading,
  file: string,
  options: { needed?: string } = {},
): Promise<string | undefined> {
  const text = await readText(reading, file, options)
  if (text === undefined) return undefined
  if (!text.startsWith('#!')) {
    report(reading, file, {
      line: 1,
      message: 'expected a first line such as #!/bin/bash: scripts are run as programs',
    })
  }
  const crlf = text.split('\n').findIndex((line) => line.endsWith('\r'))
  if (crlf >= 0) report(reading, file, { line: crlf + 1, message: 'expected lines that end in LF, got CRLF' })
  return text
}

/** A file's bytes; a sentence when it may not be read; undefined when it is not there. */
async function readBytes(file: string, dir: string): Promise<Buffer | string | undefined> {
  try {
    const link = await lstat(file)
    if (link.isSymbolicLink() && !isInside(await realpath(file), await realpath(dir))) {
      return 'is a link that leads out of the task'
    }
    const found = await stat(file)
    if (found.isDirectory()) return 'expected a file, got a folder'
    if (!found.isFile()) return 'expected a plain file, got a pipe, socket or device'
    if (found.size > maxBytes) return `expected at most 1 MiB of text, got ${(found.size / 2 ** 20).toFixed(1)} MiB`
    return await readFile(file)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    return code === 'ELOOP' ? 'is a link to itself' : `cannot be read (${code ?? 'unknown error'})`
  }
}

function decode(bytes: Buffer): { text?: string; problem?: string } {
  if (bytes.includes(0)) return { problem: 'expected text, got a binary file' }
  if (bytes.subarray(0, 3).equals(byteOrderMark)) {
    return { problem: 'starts with a byte order mark; save it as UTF-8 without one' }
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { problem: 'expected UTF-8 text, got other bytes' }
  }
}

function isInside(file: string, dir: string): boolean {
  return file === dir || file.startsWith(dir + path.sep)
}

const maxBytes = 2 ** 20
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf])
