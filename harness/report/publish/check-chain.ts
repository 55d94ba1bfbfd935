import { existsSync } from 'node:fs'
import { verifyRecord } from '../../record/verify-record.ts'
import type { ReportTrial } from '../model/read-jobs.ts'

export type ChainCheck = { lines: number; head: string } | undefined

/** Whether a trial's evidence is what its result says it is: the lines, or a sentence about what does not fit. */
export async function checkChain({
  row,
  store,
}: Pick<ReportTrial, 'row' | 'store'>): Promise<{ chain: ChainCheck; problem?: string }> {
  if (row.head === undefined)
    return existsSync(store.record) && row.outcome !== 'invalid'
      ? { chain: undefined, problem: `${store.result}: it does not say how its record ends` }
      : { chain: undefined }
  if (!existsSync(store.record))
    return { chain: undefined, problem: `${store.record}: the result speaks of a record, and there is none` }
  const report = await verifyRecord(store.evidenceDir, { expectedHead: row.head })
  if (report.isWhole) return { chain: { lines: report.lines, head: report.head } }
  const { badLine, badBlobs, badEntries } = report
  const because = badLine
    ? `line ${badLine.line}: ${badLine.because}`
    : badBlobs.length > 0
      ? `blobs/${badBlobs[0]} is missing or was changed`
      : `entry ${badEntries[0]} of timeline.jsonl is missing or was changed`
  return { chain: undefined, problem: `${store.record}: ${because}` }
}
