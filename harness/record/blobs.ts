import { createHash } from 'node:crypto'
import { closeSync, existsSync, fdatasyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'
import path from 'node:path'
import { storageError } from '../base/storage-error.ts'
import type { StoredText } from './events.ts'

/** Big texts beside a record, each kept once under the sha256 of its content. */
export class Blobs {
  readonly dir: string

  constructor(dir: string) {
    this.dir = dir
  }

  /** Keeps a text; of one beyond the limit the beginning and the end. */
  put(text: string, limitBytes: number): StoredText {
    const all = Buffer.from(text)
    const { bytes, leftOut } = all.length > limitBytes ? cutMiddle(all, limitBytes) : { bytes: all, leftOut: 0 }
    const name = createHash('sha256').update(bytes).digest('hex')
    const file = path.join(this.dir, name)
    if (!existsSync(file)) writeOnce(file, bytes)
    return { $blob: name, bytes: all.length, start: firstChars(text, 200), ...(leftOut > 0 ? { leftOut } : {}) }
  }

  /** The text again; undefined when it is missing or is not what its name says. */
  get(name: string): string | undefined {
    const file = path.join(this.dir, name)
    if (!/^[0-9a-f]{64}$/.test(name) || !existsSync(file)) return undefined
    const bytes = readFileSync(file)
    return createHash('sha256').update(bytes).digest('hex') === name ? bytes.toString('utf8') : undefined
  }
}

/** Whether a parsed value stands for a stored text. */
export function isStoredText(value: unknown): value is StoredText {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as StoredText).$blob === 'string' &&
    typeof (value as StoredText).start === 'string'
  )
}

function cutMiddle(all: Buffer, limitBytes: number): { bytes: Buffer; leftOut: number } {
  const half = Math.floor(limitBytes / 2)
  const leftOut = all.length - 2 * half
  const note = Buffer.from(`\n[${leftOut} bytes left out of the record]\n`)
  return { bytes: Buffer.concat([all.subarray(0, half), note, all.subarray(all.length - half)]), leftOut }
}

/** Never ends between the two halves of a character. */
function firstChars(text: string, count: number): string {
  return text.slice(0, count).replace(/[\uD800-\uDBFF]$/, '')
}

function writeOnce(file: string, bytes: Buffer): void {
  const draft = `${file}.${process.pid}.part`
  try {
    mkdirSync(path.dirname(file), { recursive: true })
    const fd = openSync(draft, 'w')
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(fd, bytes, done)
      fdatasyncSync(fd)
    } finally {
      closeSync(fd)
    }
    renameSync(draft, file)
  } catch (error) {
    throw storageError(error, file)
  }
}
