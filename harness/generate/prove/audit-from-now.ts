import { appendFile, open, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sleep } from '../../base/clock.ts'
import { makeScratch } from '../../base/scratch.ts'

/**
 * An audit log that begins now: a cluster that sees several trials has the requests of the earlier ones in its own, and
 * each trial is to be judged by what was asked in it.
 */
export class AuditFromNow implements AsyncDisposable {
  readonly file: string
  readonly #source: string
  readonly #end = new AbortController()
  readonly #following: Promise<void>
  #offset: number

  private constructor(source: string, file: string, offset: number) {
    this.#source = source
    this.file = file
    this.#offset = offset
    this.#following = this.#follow().catch(() => undefined)
  }

  static async of(source: string): Promise<AuditFromNow> {
    const file = path.join(await makeScratch('audit'), 'audit.log')
    await writeFile(file, '')
    const { size } = await stat(source).catch(() => ({ size: 0 }))
    return new AuditFromNow(source, file, size)
  }

  async #follow(): Promise<void> {
    while (!this.#end.signal.aborted) {
      await this.#copyNew()
      await sleep(intervalMs, this.#end.signal).catch(() => undefined)
    }
  }

  async #copyNew(): Promise<void> {
    await using source = await open(this.#source)
    const { size } = await source.stat()
    // a log that was rotated begins anew
    if (size < this.#offset) this.#offset = 0
    if (size === this.#offset) return
    const bytes = Buffer.allocUnsafe(size - this.#offset)
    const { bytesRead } = await source.read(bytes, 0, bytes.length, this.#offset)
    this.#offset += bytesRead
    await appendFile(this.file, bytes.subarray(0, bytesRead))
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#following
    await rm(path.dirname(this.file), { recursive: true, force: true })
  }
}

/** Much shorter than the quiet that whoever reads the log waits for. */
const intervalMs = 40
