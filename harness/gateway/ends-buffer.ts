/** Takes any amount of output and keeps its two ends, in memory that does not grow. */
export class EndsBuffer {
  readonly #head: Buffer
  readonly #tail: Buffer
  #headLength = 0
  #tailEnd = 0
  #tailLength = 0
  #totalBytes = 0
  #totalLines = 0

  constructor(headBytes: number, tailBytes: number) {
    this.#head = Buffer.alloc(headBytes)
    this.#tail = Buffer.alloc(tailBytes)
  }

  get totalBytes(): number {
    return this.#totalBytes
  }

  /** Line ends seen. */
  get totalLines(): number {
    return this.#totalLines
  }

  /** Bytes between the two ends that are gone. */
  get lostBytes(): number {
    return this.#totalBytes - this.#headLength - this.#tailLength
  }

  push(chunk: Uint8Array): void {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength)
    this.#totalBytes += bytes.length
    for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) this.#totalLines++
    const forHead = bytes.copy(this.#head, this.#headLength)
    this.#headLength += forHead
    this.#pushTail(bytes.subarray(forHead))
  }

  head(): Buffer {
    return this.#head.subarray(0, this.#headLength)
  }

  tail(): Buffer {
    const capacity = this.#tail.length
    if (this.#tailLength < capacity) return this.#tail.subarray(0, this.#tailLength)
    return Buffer.concat([this.#tail.subarray(this.#tailEnd), this.#tail.subarray(0, this.#tailEnd)])
  }

  #pushTail(bytes: Buffer): void {
    const capacity = this.#tail.length
    if (capacity === 0) return
    const last = bytes.subarray(Math.max(0, bytes.length - capacity))
    const first = last.copy(this.#tail, this.#tailEnd)
    last.copy(this.#tail, 0, first)
    this.#tailEnd = (this.#tailEnd + last.length) % capacity
    this.#tailLength = Math.min(capacity, this.#tailLength + last.length)
  }
}
