import { sleep, startTimer } from '../base/clock.ts'
import { AppendFile } from './append-file.ts'
import { AuditJoin, parseAuditLine, summarizeUnexplained } from './audit.ts'
import type { AuditedRequest, IntegrityFinding } from './events.ts'
import { FileTail } from './file-tail.ts'
import type { Recorder } from './recorder.ts'

export interface AuditWatchOptions {
  /** The API server's audit log, growing. */
  file: string
  /** The user names that only the agent has: `system:serviceaccount:<namespace>:<name>`. */
  agentUsers: readonly string[]
  recorder: Recorder
  /** Gets every line of the log from now on, as evidence. */
  copyTo?: string
  conceal?: (line: string) => string
  /** Requests that the API server received before it are of no concern: they were made before the agent began. */
  since?: Date
  intervalMs?: number
}

export interface AuditSummary {
  /** The agent's requests that a tool call explains. */
  explained: number
  unexplained: AuditedRequest[]
  finding: IntegrityFinding | undefined
  /** Audit IDs of requests that the gateway sent and the log does not have. */
  unlogged: string[]
  /** Lines of the log that were no audit events. */
  unreadable: number
  /** Copies what was asked since, by others: the agent's changes have consequences that come later. */
  readOn(): Promise<void>
}

/** Follows the audit log while the agent works, and records each of the agent's requests with its tool call. */
export class AuditWatch implements AsyncDisposable {
  readonly #options: AuditWatchOptions
  readonly #join: AuditJoin
  readonly #tail: FileTail
  readonly #copy: AppendFile | undefined
  readonly #abort = new AbortController()
  readonly #following: Promise<void>
  #explained = 0
  #unreadable = 0
  #failure: unknown

  constructor(options: AuditWatchOptions) {
    this.#options = options
    this.#join = new AuditJoin(options.agentUsers)
    this.#tail = new FileTail(options.file)
    this.#copy = options.copyTo === undefined ? undefined : new AppendFile(options.copyTo)
    this.#following = this.#follow().catch((error: unknown) => {
      this.#failure = error
    })
  }

  /** To be told of each `api-request` that the gateway reports. */
  sent(request: { auditId: string; call: string }): void {
    this.#take(this.#join.sent(request))
  }

  /**
   * Reads to the end of the log, until nothing new came for a while (longer when requests that the gateway sent have not
   * shown up), and answers what no tool call explains. To be asked once the agent's identity is revoked.
   */
  async finish(options: { quietMs?: number; timeoutMs?: number } = {}): Promise<AuditSummary> {
    this.#abort.abort()
    await this.#following
    if (this.#failure !== undefined) throw this.#failure
    const quiet = options.quietMs ?? 250
    const elapsed = startTimer()
    let lastNewAt = 0
    while (elapsed() < (options.timeoutMs ?? 5000)) {
      if (await this.#readNew()) lastNewAt = elapsed()
      const isComplete = this.#join.unlogged().length === 0
      if (elapsed() - lastNewAt >= (isComplete ? quiet : 4 * quiet)) break
      await sleep(Math.min(50, quiet))
    }
    const unexplained = this.#join.unexplained()
    const finding = summarizeUnexplained(unexplained)
    for (const request of unexplained) this.#options.recorder.record(request)
    if (finding) this.#options.recorder.record(finding)
    return {
      explained: this.#explained,
      unexplained,
      finding,
      unlogged: this.#join.unlogged(),
      unreadable: this.#unreadable + this.#tail.skipped,
      readOn: async () => {
        await this.#readNew()
      },
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#abort.abort()
    await this.#following
    await this.#tail[Symbol.asyncDispose]()
    this.#copy?.[Symbol.dispose]()
  }

  async #follow(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      await this.#readNew()
      await sleep(this.#options.intervalMs ?? 100, this.#abort.signal).catch(() => undefined)
    }
  }

  async #readNew(): Promise<boolean> {
    let isNew = false
    for await (const text of this.#tail.readNew()) {
      isNew = true
      if (this.#isEarlier(text)) continue
      const line = parseAuditLine(text)
      if (line) this.#take(this.#join.seen(line))
      else this.#unreadable++
      this.#copy?.append(this.#options.conceal?.(text) ?? text)
    }
    return isNew
  }

  #isEarlier(text: string): boolean {
    const { since } = this.#options
    return since !== undefined && receivedAt(text) < since.getTime()
  }

  #take(requests: AuditedRequest[]): void {
    for (const request of requests) {
      this.#explained++
      this.#options.recorder.record(request)
    }
  }
}

/** When the API server received a request; what cannot be read is from now. Parsed, for an object in it may say anything. */
function receivedAt(text: string): number {
  try {
    const { requestReceivedTimestamp } = JSON.parse(text) as { requestReceivedTimestamp?: unknown }
    const at = Date.parse(String(requestReceivedTimestamp))
    return Number.isNaN(at) ? Infinity : at
  } catch {
    return Infinity
  }
}
