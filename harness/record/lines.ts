import { open, type FileHandle } from 'node:fs/promises'

export interface Line {
  text: string
  /** 1 for the first. */
  number: number
  bytes: number
  /** Whether it ends in a newline; the last line of a file whose writer was killed may not. */
  isWhole: boolean
  /** Where it begins in the file. */
  offset: number
}

/** The lines of a file, one at a time; empty ones are counted and left out. */
export async function* readLines(file: string, options: { start?: number } = {}): AsyncGenerator<Line> {
  let rest: Buffer[] = []
  let number = 0
  let offset = options.start ?? 0
  await using handle = await open(file)
  for await (const chunk of chunksOf(handle, offset)) {
    let begin = 0
    for (;;) {
      const end = chunk.indexOf(newline, begin)
      if (end === -1) break
      const line = chunk.subarray(begin, end)
      const bytes = rest.length === 0 ? line : Buffer.concat([...rest, line])
      rest = []
      begin = end + 1
      number++
      if (bytes.length > 0)
        yield { text: bytes.toString('utf8'), number, bytes: bytes.length + 1, isWhole: true, offset }
      offset += bytes.length + 1
    }
    if (begin < chunk.length) rest.push(chunk.subarray(begin))
  }
  const bytes = Buffer.concat(rest)
  if (bytes.length > 0)
    yield { text: bytes.toString('utf8'), number: number + 1, bytes: bytes.length, isWhole: false, offset }
}

/** As a stream would, at a fraction of the cost for the many small files there are. */
async function* chunksOf(handle: FileHandle, start: number): AsyncGenerator<Buffer> {
  let buffer = Buffer.allocUnsafe(firstBytes)
  let filled = 0
  for (let position = start; ;) {
    const { bytesRead } = await handle.read(buffer, filled, buffer.length - filled, position)
    if (bytesRead === 0) return
    yield buffer.subarray(filled, filled + bytesRead)
    position += bytesRead
    filled += bytesRead
    if (filled < buffer.length) continue
    buffer = Buffer.allocUnsafe(chunkBytes)
    filled = 0
  }
}

const firstBytes = 32 * 1024
const chunkBytes = 256 * 1024
const newline = 0x0a
