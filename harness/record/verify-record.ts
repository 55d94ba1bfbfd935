import { hash } from 'node:crypto'
import path from 'node:path'
import { Blobs, isStoredText } from './blobs.ts'
import { verifyChain, type ChainReport } from './chain.ts'
import { readLines } from './lines.ts'

export interface EvidenceReport extends ChainReport {
  /** Blobs that are missing or are not what the record says, by hash. */
  badBlobs: string[]
  /** Entries of the timeline that are missing or are not what the record says. */
  badEntries: number[]
}

/**
 * Checks a trial's whole evidence: the chain of the record, and that each blob and each entry of the timeline is the one
 * that the record speaks of.
 */
export async function verifyRecord(dir: string, options: { expectedHead?: string } = {}): Promise<EvidenceReport> {
  const blobs = new Blobs(path.join(dir, 'blobs'))
  const badBlobs = new Set<string>()
  const digests = await timelineDigests(path.join(dir, 'timeline.jsonl'))
  const badEntries: number[] = []
  const chain = await verifyChain(path.join(dir, 'record.jsonl'), {
    ...options,
    onLine(json) {
      // most lines speak of neither, and need not be parsed
      const mayHaveBlobs = json.includes('"$blob"')
      const isStateChange = json.includes('"type":"state-change"')
      if (!mayHaveBlobs && !isStateChange) return
      const event = JSON.parse(json) as Record<string, unknown>
      if (mayHaveBlobs) for (const name of blobsIn(event)) if (blobs.get(name) === undefined) badBlobs.add(name)
      if (event['type'] === 'state-change' && digests.get(event['entry'] as number) !== event['digest'])
        badEntries.push(event['entry'] as number)
    },
  })
  const isWhole = chain.isWhole && badBlobs.size === 0 && badEntries.length === 0
  return { ...chain, isWhole, badBlobs: [...badBlobs], badEntries }
}

async function timelineDigests(file: string): Promise<Map<number, string>> {
  const digests = new Map<number, string>()
  try {
    for await (const { text, isWhole } of readLines(file)) {
      const entry = /^\{"entry":(\d+),/.exec(text)?.[1]
      if (isWhole && entry !== undefined) digests.set(Number(entry), hash('sha256', text, 'hex'))
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  return digests
}

function blobsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (isStoredText(value)) return [value.$blob]
  return Object.values(value).flatMap(blobsIn)
}
