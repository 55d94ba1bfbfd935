import { open, stat, type FileHandle } from 'node:fs/promises'

/**
 * Reads what a growing log got since the last time, line by line. Lines that are not finished wait for their rest; a file
 * that was rotated away is read to its end before the new one is begun; one that was cut is read from its new beginning.
 */
export class FileTail implements AsyncDisposable {
  readonly file: string
  /** Lines left out because they were longer than any line should be. */
  skipped = 0
  readonly #maxLineBytes: number
  #handle: FileHandle | undefined
  #inode = 0
  #offset = 0
  #partial: Buffer[] = []
  #partialBytes = 0

  constructor(file: string, options: { maxLineBytes?: number } = {}) {
    this.file = file
    this.#maxLineBytes = options.maxLineBytes ?? 16 * 1024 * 1024
  }

  /** A tail of what comes after the last line that is finished now. */
  static async fromEnd(file: string): Promise<FileTail> {
    const tail = new FileTail(file)
    for await (const _ of tail.readNew());
    return tail
  }

  /** The lines that are finished by now; a file that is not there yet has none. */
  async *readNew(): AsyncGenerator<string> {
    for (;;) {
      if (!this.#handle && !(await this.#open())) return
      yield* this.#readToEnd()
      const now = await stat(this.file).catch(() => undefined)
      if (now === undefined || (now.ino === this.#inode && now.size >= this.#offset)) return
      yield* this.#readToEnd()
      await this.#close()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close()
  }

  async *#readToEnd(): AsyncGenerator<string> {
    const buffer = Buffer.allocUnsafe(256 * 1024)
    for (;;) {
      const { bytesRead } = (await this.#handle?.read(buffer, 0, buffer.length, this.#offset)) ?? { bytesRead: 0 }
      if (bytesRead === 0) return
      this.#offset += bytesRead
      let begin = 0
      for (;;) {
        const end = buffer.subarray(0, bytesRead).indexOf(newline, begin)
        if (end === -1) break
        const line = this.#finish(buffer.subarray(begin, end))
        begin = end + 1
        if (line !== undefined && line !== '') yield line
      }
      this.#keep(buffer.subarray(begin, bytesRead))
    }
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return
    this.#partialBytes += part.length
    if (this.#partialBytes > this.#maxLineBytes) this.#partial = []
    else this.#partial.push(Buffer.from(part))
  }

  #finish(part: Buffer): string | undefined {
    const isTooLong = this.#partialBytes + part.length > this.#maxLineBytes
    // most lines lie in one piece, and copying all of a long log would be garbage as large as the log
    const whole = this.#partial.length === 0 ? part : Buffer.concat([...this.#partial, part])
    const line = isTooLong ? undefined : whole.toString('utf8')
    if (isTooLong) this.skipped++
    this.#partial = []
    this.#partialBytes = 0
    return line
  }

  async #open(): Promise<boolean> {
    this.#handle = await open(this.file, 'r').catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (!this.#handle) return false
    this.#inode = (await this.#handle.stat()).ino
    this.#offset = 0
    this.#partial = []
    this.#partialBytes = 0
    return true
  }

  async #close(): Promise<void> {
    const handle = this.#handle
    this.#handle = undefined
    await handle?.close()
  }
}

const newline = 0x0a
