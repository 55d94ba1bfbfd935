import { performance } from 'node:perf_hooks'
import path from 'node:path'
import { KubemendError, messageOf } from '../base/errors.ts'
import { AppendFile } from './append-file.ts'
import { Blobs } from './blobs.ts'
import { chainLine, chainStart } from './chain.ts'
import { recordVersion, type Stamp, type TrialEvent } from './events.ts'

export interface RecorderOptions {
  /** The folder that gets `record.jsonl` and `blobs/`. */
  dir: string
  trial: string
  task: string
  agent: string
  /** Our own version. */
  kubemend: string
  /** Takes known secrets out of an event before anything of it is written. */
  conceal?: (value: unknown) => unknown
  /** Strings longer than this (at least 300) are kept as blobs. */
  inlineChars?: number
  /** Of a string beyond this only the beginning and the end are kept. */
  blobBytes?: number
}

/**
 * Writes down everything that happens in one trial, in order, on one clock. When `record` returns, the event is in the
 * file for good as far as this process is concerned; see AppendFile for what a power cut may cost. Each line carries a
 * hash over itself and the line before.
 */
export class Recorder implements Disposable {
  readonly file: string
  readonly blobs: Blobs
  readonly #lines: AppendFile
  readonly #options: RecorderOptions
  readonly #startedAt = performance.now()
  #seq = 0
  #spans = 0
  #head: string = chainStart
  #isEnded = false

  constructor(options: RecorderOptions) {
    this.#options = options
    this.file = path.join(options.dir, 'record.jsonl')
    this.blobs = new Blobs(path.join(options.dir, 'blobs'))
    this.#lines = new AppendFile(this.file)
    const { trial, task, agent, kubemend } = options
    this.record({ type: 'record-started', version: recordVersion, trial, task, agent, kubemend })
  }

  /** The hash of the last line: named in the trial's result, it shows whether lines were cut off. */
  get head(): string {
    return this.#head
  }

  /** Events written so far. */
  get count(): number {
    return this.#seq
  }

  /** Milliseconds since the record began: the clock of everything in it. */
  nowMs(): number {
    return Math.round((performance.now() - this.#startedAt) * 1000) / 1000
  }

  record(event: TrialEvent): Stamp {
    if (this.#isEnded) throw new KubemendError('record-ended', `${event.type}: the record has ended already`)
    const stamp: Stamp = { seq: this.#seq, at: new Date().toISOString(), ms: this.nowMs() }
    const said = (this.#options.conceal?.(event) ?? event) as TrialEvent
    const { line, hash } = chainLine(this.#head, this.#encode({ ...stamp, ...said }))
    this.#lines.append(line)
    this.#head = hash
    this.#seq++
    if (momentous.has(event.type)) this.#lines.sync()
    return stamp
  }

  /** Runs a phase of the trial between its two events; a phase that throws is recorded as failed and still throws. */
  async phase<T>(phase: string, run: (span: string) => Promise<T>, parent?: string): Promise<T> {
    const span = `span-${++this.#spans}`
    const start = this.nowMs()
    this.record({ type: 'phase-started', phase, span, ...(parent === undefined ? {} : { parent }) })
    const end = (failed: { failedBecause?: string }): void => {
      const durationMs = Math.round((this.nowMs() - start) * 1000) / 1000
      if (!this.#isEnded) this.record({ type: 'phase-ended', phase, span, durationMs, ...failed })
    }
    try {
      const result = await run(span)
      end({})
      return result
    } catch (error) {
      end({ failedBecause: messageOf(error) })
      throw error
    }
  }

  /** Writes the last line and puts everything on disk. */
  end(): void {
    if (this.#isEnded) return
    try {
      this.record({ type: 'record-ended' })
    } finally {
      this.#isEnded = true
      this.#lines[Symbol.dispose]()
    }
  }

  [Symbol.dispose](): void {
    this.end()
  }

  #encode(event: Stamp & TrialEvent): string {
    const inlineChars = Math.max(this.#options.inlineChars ?? 16 * 1024, 300)
    const json = JSON.stringify(event)
    if (json.length <= inlineChars) return json
    const blobBytes = this.#options.blobBytes ?? 8 * 1024 * 1024
    return JSON.stringify(event, (_, value: unknown) =>
      typeof value === 'string' && value.length > inlineChars ? this.blobs.put(value, blobBytes) : value,
    )
  }
}

/** After these, a power cut must not take back what was decided. */
const momentous = new Set<TrialEvent['type']>([
  'phase-ended',
  'agent-ended',
  'agent-submitted',
  'verdict',
  'outcome',
  'record-ended',
])
