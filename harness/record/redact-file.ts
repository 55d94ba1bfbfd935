import { createReadStream } from 'node:fs'
import { open, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { StringDecoder } from 'node:string_decoder'
import { writeAtomically } from '../base/write-atomically.ts'
import { readLines } from './lines.ts'
import type { Match } from './redact-needles.ts'
import type { Redactor } from './redact.ts'

export interface RedactFileOptions {
  /** What the report calls the file; its path by default. */
  where?: string
  /** Characters read at a time. */
  chunkChars?: number
  /** Nothing longer than this may be a secret and still be found where two chunks meet. */
  overlapChars?: number
}

/** Copies a file without its secrets: JSON and JSON lines value by value, everything else as text, in bounded memory. */
export async function redactFile(
  source: string,
  target: string,
  redactor: Redactor,
  options: RedactFileOptions = {},
): Promise<void> {
  const where = options.where ?? source
  await writeAtomically(target, await redactedParts(source, redactor, where, options))
}

async function redactedParts(
  source: string,
  redactor: Redactor,
  where: string,
  options: RedactFileOptions,
): Promise<string | Uint8Array | AsyncIterable<string>> {
  const extension = path.extname(source)
  if (extension === '.jsonl' || extension === '.ndjson') return redactedLines(source, redactor, where)
  if (extension === '.json' && (await stat(source)).size < wholeBytes) return redactedJson(source, redactor, where)
  if (await isBinary(source)) {
    const text = await readFile(source, 'latin1')
    return Buffer.from(redactor.text(text, where), 'latin1')
  }
  return redactedText(textOf(source), redactor, where, options)
}

/** Takes secrets out of a text that comes in parts of any size. */
export async function* redactedText(
  parts: AsyncIterable<string>,
  redactor: Redactor,
  where: string,
  options: Pick<RedactFileOptions, 'chunkChars' | 'overlapChars'> = {},
): AsyncGenerator<string> {
  const chunkChars = options.chunkChars ?? 512 * 1024
  const overlapChars = options.overlapChars ?? 32 * 1024
  let held = ''
  for await (const part of parts) {
    held += part
    if (held.length < chunkChars + overlapChars) continue
    const ranges = redactor.ranges(held)
    const safe = held.length > longestHeld ? held.length : safeEnd(held, ranges, held.length - overlapChars)
    const inside = ranges.filter(({ end }) => end <= safe)
    if (safe > 0) yield redactor.replace(held.slice(0, safe), inside, where)
    held = held.slice(safe)
  }
  if (held !== '') yield redactor.text(held, where)
}

const wholeBytes = 32 * 1024 * 1024

/** A secret that goes on for longer than this is cut. */
const longestHeld = 16 * 1024 * 1024

/** The last end of a line before `limit`, or the limit itself, moved to where it cuts no secret in two. */
function safeEnd(text: string, ranges: readonly Match[], limit: number): number {
  const newline = text.lastIndexOf('\n', limit - 1)
  const wanted = newline > limit - 4096 && newline > 0 ? newline + 1 : limit
  return ranges.find(({ start, end }) => start < wanted && end > wanted)?.start ?? wanted
}

async function* redactedLines(source: string, redactor: Redactor, where: string): AsyncGenerator<string> {
  for await (const { text, number, isWhole } of readLines(source)) {
    const value = parseJson(text)
    const place = `${where}:${number}`
    const redacted = value === undefined ? redactor.text(text, place) : JSON.stringify(redactor.value(value, place))
    yield isWhole ? `${redacted}\n` : redacted
  }
}

async function redactedJson(source: string, redactor: Redactor, where: string): Promise<string> {
  const text = await readFile(source, 'utf8')
  const value = parseJson(text)
  if (value === undefined) return redactor.text(text, where)
  const indent = /^[[{]\n( +)/.exec(text)?.[1]?.length
  return JSON.stringify(redactor.value(value, where), undefined, indent) + (text.endsWith('\n') ? '\n' : '')
}

async function* textOf(source: string): AsyncGenerator<string> {
  const decoder = new StringDecoder('utf8')
  for await (const chunk of createReadStream(source)) yield decoder.write(chunk as Buffer)
  yield decoder.end()
}

async function isBinary(file: string): Promise<boolean> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(8192), 0, 8192, 0)
    return buffer.subarray(0, bytesRead).includes(0)
  } finally {
    await handle.close()
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
