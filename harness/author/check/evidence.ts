import { readFile } from 'node:fs/promises'
import { readAuditLog, type AuditEvent } from '../../state/audit-event.ts'
import type { ClusterState } from '../../state/cluster-state.ts'
import type { Judgement } from '../../state/judge-changes.ts'
import { TrialStore } from '../../store/trial-store.ts'
import type { Findings } from '../../trial/outcome.ts'

/** What a probe's trial left for judging it again. */
export interface Evidence {
  baseline: ClusterState
  endState: ClusterState
  findings: Findings
  judgement: Judgement
  /** Undefined where the provider keeps no audit log. */
  audit: AuditEvent[] | undefined
}

/** What the verifiers said at the end of a trial; undefined when it was never judged. */
export async function readFindings(dir: string | undefined): Promise<Findings | undefined> {
  if (dir === undefined) return undefined
  const text = await readFile(new TrialStore(dir).verdicts, 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as Pick<Evidence, 'findings'>).findings
}

/** Reads a trial's evidence; undefined when it was never judged. */
export async function readEvidence(dir: string | undefined): Promise<Evidence | undefined> {
  if (dir === undefined) return undefined
  const store = new TrialStore(dir)
  const [verdicts, baseline, endState, audit] = await Promise.all(
    [store.verdicts, store.baseline, store.endState, store.audit].map((file) =>
      readFile(file, 'utf8').catch(() => undefined),
    ),
  )
  if (verdicts === undefined || baseline === undefined || endState === undefined) return undefined
  return {
    ...(JSON.parse(verdicts) as Pick<Evidence, 'findings' | 'judgement'>),
    baseline: JSON.parse(baseline) as ClusterState,
    endState: JSON.parse(endState) as ClusterState,
    audit: audit === undefined ? undefined : readAuditLog(audit),
  }
}
