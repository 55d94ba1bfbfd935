import { hash as digest } from 'node:crypto'
import { readLines } from './lines.ts'

/** What the first line of a record follows. */
export const chainStart: string = '0'.repeat(64)

export interface ChainReport {
  /** No line was changed, moved, added or taken out. A torn last line does not count against this. */
  isWhole: boolean
  lines: number
  /** The hash of the last whole line. */
  head: string
  /** The first line that does not fit. */
  badLine?: { line: number; because: string }
  /** Bytes of a last line that was never finished: the writer was killed in the middle of it. */
  tornBytes?: number
}

/** A line of a record: the event's JSON with, as its last field, the hash over the previous hash and that JSON. */
export function chainLine(previous: string, json: string): { line: string; hash: string } {
  const hash = digest('sha256', previous + json, 'hex')
  return { line: `${json.slice(0, -1)},"hash":"${hash}"}`, hash }
}

/**
 * Checks every line of a record against the one before it and names the first that does not fit. Lines cut off at the
 * end are noticed with `expectedHead`, the hash that the trial's result names. `onLine` is told each line that fits.
 */
export async function verifyChain(
  file: string,
  options: { expectedHead?: string; onLine?: (json: string) => void } = {},
): Promise<ChainReport> {
  let head = chainStart
  let lines = 0
  const report = (rest: Partial<ChainReport>): ChainReport => ({ isWhole: true, lines, head, ...rest })
  const bad = (line: number, because: string): ChainReport => report({ isWhole: false, badLine: { line, because } })
  const finish = (rest: Partial<ChainReport>): ChainReport =>
    options.expectedHead !== undefined && options.expectedHead !== head
      ? { ...bad(lines + 1, 'the record ends before the line that the result names as its last'), ...rest }
      : report(rest)
  for await (const line of readLines(file)) {
    if (!line.isWhole) return finish({ tornBytes: line.bytes })
    const parts = splitHash(line.text)
    if (!parts) return bad(line.number, 'it has no hash')
    if (chainLine(head, parts.json).hash !== parts.hash) return bad(line.number, reasonOf(parts.json, lines))
    head = parts.hash
    lines++
    options.onLine?.(parts.json)
  }
  return finish({})
}

/** The event's JSON and its hash, from a record's line. */
export function splitHash(line: string): { json: string; hash: string } | undefined {
  const match = hashSuffix.exec(line)
  return match?.[1] === undefined ? undefined : { json: `${line.slice(0, match.index)}}`, hash: match[1] }
}

const hashSuffix = /,"hash":"([0-9a-f]{64})"\}$/

function reasonOf(json: string, expectedSeq: number): string {
  const seq = /^\{"seq":(\d+),/.exec(json)?.[1]
  return seq !== undefined && Number(seq) !== expectedSeq
    ? `it is event ${seq} where event ${expectedSeq} was expected: lines were taken out, added or moved`
    : 'its content or that of the line before was changed'
}
