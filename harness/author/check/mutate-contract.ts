import type { CheckVerdict } from '../../../verifiers/run-checks.ts'
import type { Contract } from '../../task/contract.ts'
import type { AgentPermissions } from '../../task/permissions.ts'
import type { Findings } from '../../trial/outcome.ts'
import type { Finding } from './check-report.ts'
import type { Evidence } from './evidence.ts'
import { judgeAgain } from './judge-again.ts'

/** A probe with what the verifiers said of it. */
export interface JudgedProbe {
  name: string
  findings: Findings
}

/** A repair with what its trial left. */
export interface RecordedRepair {
  name: string
  evidence: Evidence
}

/**
 * Takes each line of a contract away in turn, and judges the recorded probes again without it. A check or a protection
 * without which nobody gets through is unproven; a permission without which every correct repair still gets through is
 * one too many.
 */
export function mutateContract(
  contract: Contract,
  options: {
    permissions: AgentPermissions
    /** Those that must not be solved. */
    wrong: readonly JudgedProbe[]
    /** Those that were solved and should be. */
    right: readonly RecordedRepair[]
  },
): Finding[] {
  const lines = [
    ...contract.outcome.map(({ at, verifier }) => ({ at, verifier })),
    ...(options.wrong.length > 0 ? [{ at: 'preserve', verifier: 'nothing-else-changed' }] : []),
    ...contract.preserve.map(({ at, verifier }) => ({ at, verifier })),
    ...contract.invariants.map(({ at, verifier }) => ({ at, verifier })),
    ...(contract.forbid.length > 0 ? [{ at: 'forbid', verifier: 'nothing-forbidden-tried' }] : []),
  ]
  return [...lines.flatMap((line) => judgeLine(line, options.wrong)), ...findNeedlessAllowances(contract, options)].map(
    (because): Finding => ({ check: 'contract', because, at: 'tests/contract.yaml' }),
  )
}

interface Line {
  at: string
  verifier: string
}

/** What there is to say of a line: nothing when somebody gets through only without it. */
function judgeLine(line: Line, wrong: readonly JudgedProbe[]): string[] {
  const isOf = (verdict: CheckVerdict): boolean => verdict.at === line.at && verdict.verifier === line.verifier
  const failed = wrong
    .map(({ name, findings }) => ({ name, missed: missedOf(findings) }))
    .filter(({ missed }) => missed.some(isOf))
  if (failed.some(({ missed }) => missed.every(isOf))) return []
  const what = `${line.at} ${line.verifier}`
  if (failed.length === 0) return [`${what} is unproven: no probe failed it`]
  const others = [
    ...new Set(failed.flatMap(({ missed }) => missed.filter((one) => !isOf(one)).map(({ verifier }) => verifier))),
  ]
  const by = others.slice(0, 3).join(', ')
  return [`${what} is doubled: whoever failed it (${failed[0]?.name ?? ''}) failed ${by} as well`]
}

function missedOf(findings: Findings): CheckVerdict[] {
  return [...findings.outcome, ...findings.preservation, ...findings.integrity].filter(({ status }) => status !== 'met')
}

/** Lines of may-change, may-grant and accept that no correct repair makes use of. */
function findNeedlessAllowances(
  contract: Contract,
  { permissions, right }: { permissions: AgentPermissions; right: readonly RecordedRepair[] },
): string[] {
  if (right.length === 0) return []
  const isNeedless = (changed: Partial<Contract>): boolean =>
    right.every(
      ({ evidence }) => judgeAgain(evidence, { ...contract, ...changed }, permissions).violations.length === 0,
    )
  const maps = (['mayChange', 'mayGrant'] as const).flatMap((field) =>
    Object.entries(contract[field]).flatMap(([key, values]) =>
      values.flatMap((value): string[] => {
        const rest = values.filter((other) => other !== value)
        const { [key]: _, ...others } = contract[field]
        const less = { [field]: rest.length === 0 ? others : { ...others, [key]: rest } }
        const word = field === 'mayChange' ? 'may-change' : 'may-grant'
        return isNeedless(less) ? [`${word} ${key}: no correct repair makes use of "${value}"`] : []
      }),
    ),
  )
  const accepted = contract.accept.flatMap((name): string[] =>
    isNeedless({ accept: contract.accept.filter((other) => other !== name) })
      ? [`accept: no correct repair makes use of "${name}"`]
      : [],
  )
  return [...maps, ...accepted]
}
