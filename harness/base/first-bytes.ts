/** How much of a stream is kept: its beginning. What is beyond is read and dropped. */
export class FirstBytes {
  readonly #limit: number
  #seen = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Whether there was more than is kept. */
  get isCut(): boolean {
    return this.#seen > this.#limit
  }

  /** What of the next chunk is kept. */
  take(chunk: Uint8Array): Uint8Array {
    const kept = chunk.subarray(0, Math.max(0, this.#limit - this.#seen))
    this.#seen += chunk.length
    return kept
  }
}
