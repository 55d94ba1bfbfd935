import { createReadStream } from 'node:fs'

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
  for await (const chunk of createReadStream(file, { start: offset, highWaterMark: 256 * 1024 })) {
    let begin = 0
    for (;;) {
      const end = (chunk as Buffer).indexOf(newline, begin)
      if (end === -1) break
      rest.push((chunk as Buffer).subarray(begin, end))
      const bytes = Buffer.concat(rest)
      rest = []
      begin = end + 1
      number++
      if (bytes.length > 0)
        yield { text: bytes.toString('utf8'), number, bytes: bytes.length + 1, isWhole: true, offset }
      offset += bytes.length + 1
    }
    if (begin < (chunk as Buffer).length) rest.push((chunk as Buffer).subarray(begin))
  }
  const bytes = Buffer.concat(rest)
  if (bytes.length > 0)
    yield { text: bytes.toString('utf8'), number: number + 1, bytes: bytes.length, isWhole: false, offset }
}

const newline = 0x0a
