import { appendFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sleep } from '../../base/clock.ts'
import { makeScratch } from '../../base/scratch.ts'
import { FileTail } from '../../record/file-tail.ts'

/**
 * An audit log that begins now: a cluster that sees several trials has the requests of the earlier ones in its own, and
 * each trial is to be judged by what was asked in it.
 */
export class AuditFromNow implements AsyncDisposable {
  readonly file: string
  readonly #tail: FileTail
  readonly #end = new AbortController()
  readonly #following: Promise<void>

  private constructor(tail: FileTail, file: string) {
    this.#tail = tail
    this.file = file
    this.#following = this.#follow().catch(() => undefined)
  }

  static async of(source: string): Promise<AuditFromNow> {
    const file = path.join(await makeScratch('audit'), 'audit.log')
    await writeFile(file, '')
    return new AuditFromNow(await FileTail.fromEnd(source), file)
  }

  async #follow(): Promise<void> {
    while (!this.#end.signal.aborted) {
      const lines: string[] = []
      for await (const line of this.#tail.readNew()) lines.push(`${line}\n`)
      if (lines.length > 0) await appendFile(this.file, lines.join(''))
      await sleep(intervalMs, this.#end.signal).catch(() => undefined)
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#following
    await this.#tail[Symbol.asyncDispose]()
    await rm(path.dirname(this.file), { recursive: true, force: true })
  }
}

/** Much shorter than the quiet that whoever reads the log waits for. */
const intervalMs = 40
