import type { ClusterState } from '../../state/cluster-state.ts'
import type { AuditEvent } from '../../state/audit-event.ts'
import { judgeChanges, type Judgement } from '../../state/judge-changes.ts'
import type { Contract } from '../../task/contract.ts'
import type { AgentPermissions } from '../../task/permissions.ts'
import { identity, identityObjects } from '../../trial/identity.ts'
import type { Evidence } from './evidence.ts'

/** What of a contract says how the comparison of the whole cluster is judged. */
export type Protection = Pick<Contract, 'mayChange' | 'mayGrant' | 'accept'>

/** Judges a recorded end state once more, by a contract that may be another than its trial's. */
export function judgeAgain(
  { baseline, endState, audit }: Pick<Evidence, 'baseline' | 'endState' | 'audit'>,
  protection: Protection,
  permissions: AgentPermissions,
): Judgement {
  return judgeChanges({
    before: baseline,
    after: endState,
    mayChange: protection.mayChange,
    mayGrant: protection.mayGrant,
    accept: protection.accept,
    agentUser: identity.user,
    harness: identityObjects(permissions),
    ...(audit === undefined ? {} : { audit }),
  })
}

/** The audit log with one more request of the agent, made before an end state was read. */
export function withRequest(
  { audit, endState }: { audit: readonly AuditEvent[] | undefined; endState: ClusterState },
  request: Pick<AuditEvent, 'verb' | 'objectRef' | 'responseObject'>,
): AuditEvent[] | undefined {
  if (audit === undefined) return undefined
  const at = endState.takenAt
  const event: AuditEvent = {
    auditID: 'one-more-change',
    stage: 'ResponseComplete',
    user: { username: identity.user },
    requestURI: '/',
    responseStatus: { code: 200 },
    requestReceivedTimestamp: at,
    stageTimestamp: at,
    ...request,
  }
  return [...audit, event]
}
