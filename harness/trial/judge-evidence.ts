import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import type { CheckVerdict } from '../../verifiers/run-checks.ts'
import { InputError } from '../base/errors.ts'
import { readRecord } from '../record/reader.ts'
import { verifyRecord } from '../record/verify-record.ts'
import { readAuditLog } from '../state/audit-event.ts'
import type { ClusterState } from '../state/cluster-state.ts'
import { judgeChanges } from '../state/judge-changes.ts'
import { checkTrialResult, type TrialResult } from '../store/read-trial-result.ts'
import { TrialStore } from '../store/trial-store.ts'
import type { Contract } from '../task/contract.ts'
import type { AgentPermissions } from '../task/permissions.ts'
import { judgeForbidden } from './forbidden.ts'
import { identity, identityObjects } from './identity.ts'
import { preservationOf } from './judge.ts'
import type { AgentPart, Findings } from './outcome.ts'

/**
 * Judges a trial from what it left, far from its cluster: the chain of its record, the two snapshots and the audit log
 * anew; what only a live cluster could answer is taken from the record. Evidence that is not whole is an input error.
 */
export async function judgeEvidence(options: {
  /** The trial's folder. */
  dir: string
  contract: Contract
  permissions: AgentPermissions
}): Promise<{ findings: Findings; agent: AgentPart }> {
  const { dir, contract, permissions } = options
  const store = new TrialStore(dir)
  const result = await readResult(store)
  if (result.x_kubemend.outcome === 'invalid')
    throw new InputError([`${dir}: the trial is invalid: ${result.x_kubemend.because}`])
  await throwUnlessWhole(store, result)
  const told = JSON.parse(await readFile(store.verdicts, 'utf8')) as { findings: Findings }
  const missing = contract.outcome.filter(
    ({ at, verifier }) => !told.findings.outcome.some((verdict) => verdict.at === at && verdict.verifier === verifier),
  )
  if (missing.length > 0)
    throw new InputError(missing.map(({ at, verifier }) => `${dir}: nobody asked ${at} ${verifier}: another contract`))
  const audit = existsSync(store.audit) ? readAuditLog(await readFile(store.audit, 'utf8')) : undefined
  const judgement = judgeChanges({
    before: await readState(store.baseline),
    after: await readState(store.endState),
    mayChange: contract.mayChange,
    mayGrant: contract.mayGrant,
    accept: contract.accept,
    agentUser: identity.user,
    harness: identityObjects(permissions),
    ...(audit === undefined ? {} : { audit }),
  })
  return {
    findings: {
      outcome: told.findings.outcome,
      preservation: [
        ...preservationOf(judgement),
        ...told.findings.preservation.filter(({ verifier }) => verifier !== comparison),
      ],
      integrity: [...askedLive(told.findings.integrity), ...judgeForbidden(contract.forbid, audit ?? [])],
    },
    agent: await agentPartOf(store),
  }
}

const comparison = 'nothing-else-changed'

/** What the record says of integrity and only the live trial could find out. */
function askedLive(verdicts: readonly CheckVerdict[]): CheckVerdict[] {
  return verdicts.filter(({ verifier }) => verifier !== 'nothing-forbidden-tried')
}

async function readResult(store: TrialStore): Promise<TrialResult> {
  const text = await readFile(store.result, 'utf8').catch(() => undefined)
  if (text === undefined) throw new InputError([`${store.dir}: there is no result.json: the trial did not end`])
  const checked = checkTrialResult(JSON.parse(text))
  if (checked.problems)
    throw new InputError(checked.problems.map(({ path, message }) => `${store.result}: ${path}: ${message}`))
  return checked.value
}

async function throwUnlessWhole(store: TrialStore, result: TrialResult): Promise<void> {
  const { record } = result.x_kubemend
  const report = await verifyRecord(store.evidenceDir, record === undefined ? {} : { expectedHead: record.head })
  if (!report.isWhole) throw new InputError([`${store.record}: the record is not whole: ${JSON.stringify(report)}`])
}

async function readState(file: string): Promise<ClusterState> {
  return JSON.parse(await readFile(file, 'utf8')) as ClusterState
}

async function agentPartOf(store: TrialStore): Promise<AgentPart> {
  for await (const event of readRecord(store.record)) {
    if (event.type !== 'agent-ended') continue
    const { reason, because = '' } = event
    return { reason: reason === 'interrupted' ? 'error' : reason, because }
  }
  return { reason: 'finished' }
}
