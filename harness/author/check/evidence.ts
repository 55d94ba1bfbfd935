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

/** Reads a trial's evidence; undefined when it was never judged. */
export async function readEvidence(dir: string): Promise<Evidence | undefined> {
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
