import { closeSync, fdatasync, fdatasyncSync, ftruncateSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import path from 'node:path'
import { storageError } from '../base/storage-error.ts'

/**
 * A file that only grows, line by line. A line is with the kernel when `append` returns, so it outlives `kill -9`;
 * it is on disk a second later or after `sync`, so a power cut costs at most the last second.
 */
export class AppendFile implements Disposable {
  readonly file: string
  readonly #fd: number
  #length = 0
  #isDirty = false
  #isSyncing = false
  readonly #timer: NodeJS.Timeout

  /** Creates the file; one that exists already is somebody else's record and an error. */
  constructor(file: string) {
    this.file = file
    try {
      mkdirSync(path.dirname(file), { recursive: true })
      this.#fd = openSync(file, 'wx+')
    } catch (error) {
      throw storageError(error, file)
    }
    this.#timer = setInterval(() => this.#syncSoon(), 1000).unref()
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length
  }

  /** Adds a line and its newline, whole or not at all. */
  append(line: string): void {
    const bytes = encode(line)
    try {
      for (let done = 0; done < bytes.length;) done += writeSync(this.#fd, bytes, done, undefined, this.#length + done)
    } catch (error) {
      ftruncateSync(this.#fd, this.#length)
      throw storageError(error, this.file)
    }
    this.#length += bytes.length
    this.#isDirty = true
  }

  /** A part of what was written. */
  read(offset: number, length: number): string {
    const bytes = length <= scratch.length ? scratch : Buffer.alloc(length)
    const done = readSync(this.#fd, bytes, 0, length, offset)
    return bytes.toString('utf8', 0, done)
  }

  /** Returns when everything so far is on disk. */
  sync(): void {
    if (this.#isDirty) fdatasyncSync(this.#fd)
    this.#isDirty = false
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
    try {
      this.sync()
    } finally {
      closeSync(this.#fd)
    }
  }

  #syncSoon(): void {
    if (!this.#isDirty || this.#isSyncing) return
    this.#isSyncing = true
    this.#isDirty = false
    fdatasync(this.#fd, () => {
      this.#isSyncing = false
    })
  }
}

/** Used again for every line that fits: a buffer per line would cost more memory than everything else here. */
const scratch = Buffer.alloc(64 * 1024)

function encode(line: string): Buffer {
  const bytes = (line.length + 1) * 3 <= scratch.length ? scratch : Buffer.alloc(Buffer.byteLength(line) + 1)
  const length = bytes.write(line)
  bytes[length] = newline
  return bytes.subarray(0, length + 1)
}

const newline = 0x0a
