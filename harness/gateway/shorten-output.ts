import { EndsBuffer } from './ends-buffer.ts'

/** How the output of a kind of command is best cut: which share of the room its beginning gets, and how to ask for less. */
export interface OutputShape {
  headShare: number
  advice: string
  /** Cut inside, so that the Events of every object stay. */
  isDescribe?: true
}

export interface ShortOutput {
  text: string
  totalBytes: number
  /** Bytes of the output that `text` does not hold. */
  leftOutBytes: number
}

/** The memory in which output of this shape is gathered until it is cut to `maxBytes`. */
export function bufferFor(shape: OutputShape, maxBytes: number): EndsBuffer {
  if (shape.isDescribe) return new EndsBuffer(describeBytes, describeBytes)
  const head = Math.round(maxBytes * shape.headShare)
  return new EndsBuffer(head, maxBytes - head)
}

const describeBytes = 1024 * 1024

/** Output as text of at most about `maxBytes`, cut in the middle at line ends, saying what was left out. */
export function shortenOutput(buffer: EndsBuffer, shape: OutputShape, maxBytes: number): ShortOutput {
  const { totalBytes } = buffer
  const head = buffer.head()
  const tail = buffer.tail()
  const binary = nameBinary(head, tail)
  if (binary) {
    return { text: `[${binary}, ${count(totalBytes)} bytes, not shown]\n`, totalBytes, leftOutBytes: totalBytes }
  }
  if (buffer.lostBytes === 0) {
    const whole = Buffer.concat([head, tail]).toString('utf8')
    if (totalBytes <= maxBytes) return { text: whole, totalBytes, leftOutBytes: 0 }
    const text = shape.isDescribe ? shortenDescribe(whole, maxBytes, shape.advice) : whole
    return { text, totalBytes, leftOutBytes: Math.max(0, totalBytes - Buffer.byteLength(text)) }
  }
  const headRoom = Math.round(maxBytes * shape.headShare)
  const first = wholeLinesAtStart(head.subarray(0, headRoom))
  const last = wholeLinesAtEnd(tail.subarray(Math.max(0, tail.length - (maxBytes - headRoom))))
  const leftOutBytes = totalBytes - first.length - last.length
  const leftOutLines = buffer.totalLines - countLines(first) - countLines(last)
  const text = `${first.toString('utf8')}${note(leftOutBytes, leftOutLines, shape.advice)}${last.toString('utf8')}`
  return { text, totalBytes, leftOutBytes }
}

/** Each object of `describe` keeps its first lines and its Events; what lies between gets the rest of the room. */
function shortenDescribe(text: string, maxBytes: number, advice: string): string {
  const objects = text.split(/\n\n\n(?=Name:)/)
  const room = Math.max(400, Math.floor(maxBytes / objects.length))
  const shown = objects.slice(0, Math.max(1, Math.floor(maxBytes / 400)))
  const parts = shown.map((object) => shortenObject(object, room, advice))
  if (shown.length < objects.length)
    parts.push(`[... ${objects.length - shown.length} more objects left out; ${advice} ...]\n`)
  return parts.join('\n\n\n')
}

function shortenObject(object: string, room: number, advice: string): string {
  if (Buffer.byteLength(object) <= room) return object
  const at = object.search(/^Events:/m)
  const events = at < 0 ? '' : object.slice(at)
  const body = at < 0 ? object : object.slice(0, at)
  const keptEvents = cutMiddle(events, Math.max(Math.floor(room / 2), room - Buffer.byteLength(body)), 0.2, advice)
  const keptBody = cutMiddle(body, room - Math.min(room / 2, Buffer.byteLength(keptEvents)), 0.7, advice)
  return keptBody + keptEvents
}

function cutMiddle(text: string, room: number, headShare: number, advice: string): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= room) return text
  const headRoom = Math.round(room * headShare)
  const first = wholeLinesAtStart(bytes.subarray(0, headRoom))
  const last = wholeLinesAtEnd(bytes.subarray(bytes.length - Math.max(0, Math.floor(room - headRoom))))
  const lines = countLines(bytes) - countLines(first) - countLines(last)
  return `${first.toString('utf8')}${note(bytes.length - first.length - last.length, lines, advice)}${last.toString('utf8')}`
}

function note(bytes: number, lines: number, advice: string): string {
  return `\n[... ${count(bytes)} bytes (${count(Math.max(0, lines))} lines) left out here; ${advice} ...]\n`
}

function count(n: number): string {
  return n.toLocaleString('en-US')
}

function countLines(bytes: Buffer): number {
  let lines = 0
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) lines++
  return lines
}

/** Up to the last line end, where that does not cost more than half; never half a character. */
function wholeLinesAtStart(bytes: Buffer): Buffer {
  const end = bytes.lastIndexOf(10) + 1
  if (end > bytes.length / 2) return bytes.subarray(0, end)
  let cut = bytes.length
  while (cut > 0 && bytes.length - cut < 4 && (bytes[cut - 1]! & 0xc0) === 0x80) cut--
  return cut > 0 && bytes[cut - 1]! >= 0xc0 ? bytes.subarray(0, cut - 1) : bytes.subarray(0, cut)
}

function wholeLinesAtEnd(bytes: Buffer): Buffer {
  const start = bytes.indexOf(10) + 1
  if (start > 0 && start < bytes.length / 2) return bytes.subarray(start)
  let cut = 0
  while (cut < 4 && cut < bytes.length && (bytes[cut]! & 0xc0) === 0x80) cut++
  return bytes.subarray(cut)
}

/** What kind of binary this is, or undefined for text. */
function nameBinary(head: Buffer, tail: Buffer): string | undefined {
  if (!isBinary(head) && !isBinary(tail)) return undefined
  const hex = head.subarray(0, 8).toString('hex')
  return magics.find(([magic]) => hex.startsWith(magic))?.[1] ?? 'binary data'
}

const magics: [string, string][] = [
  ['1f8b', 'gzip data'],
  ['504b0304', 'a zip archive'],
  ['7f454c46', 'an ELF program'],
  ['89504e47', 'a PNG image'],
  ['ffd8ff', 'a JPEG image'],
  ['25504446', 'a PDF document'],
  ['28b52ffd', 'zstd data'],
  ['fd377a58', 'xz data'],
  ['425a68', 'bzip2 data'],
  ['6b387300', 'Kubernetes protobuf'],
]

/** A NUL, or more than a few bytes that are no UTF-8. */
function isBinary(bytes: Buffer): boolean {
  if (bytes.includes(0)) return true
  const inner = wholeLinesAtEnd(wholeLinesAtStart(bytes))
  const broken = inner.toString('utf8').match(/\ufffd/g)?.length ?? 0
  return broken > 8 && broken > inner.length / 50
}
