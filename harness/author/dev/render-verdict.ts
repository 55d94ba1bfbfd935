import type { CheckVerdict } from '../../../verifiers/run-checks.ts'
import { printDifference } from '../../state/difference.ts'
import type { DevVerdict } from './dev-session.ts'
import type { SuggestedLines } from './suggest-lines.ts'

/** A verdict for the terminal: what each check says, what is not as it was, and the lines that would allow it. */
export function renderVerdict(verdict: DevVerdict): string {
  const { judgement, lines } = verdict
  const violations = judgement.violations.map(({ name, because }) => `  ${name}: ${because}`)
  return [
    ...renderChecks(verdict.checks),
    '',
    violations.length === 0 ? 'nothing protected changed' : 'changed, and protected:',
    ...violations,
    ...renderLines(lines),
    '',
    `${verdict.outcome}: ${verdict.because}`,
  ].join('\n')
}

/** Each check with what it says, one a line. */
export function renderChecks(checks: readonly CheckVerdict[]): string[] {
  return checks.map(({ at, verifier, status, because }) => `  ${words[status].padEnd(8)}${at} ${verifier}: ${because}`)
}

const words = { met: 'met', 'not-met': 'NOT MET', unknown: 'UNKNOWN' } as const

/** Everything that differs from the baseline, and why each difference is allowed or not. */
export function renderDifferences({ judgement, lines }: DevVerdict): string {
  const reasons = new Map(judgement.explained.map(({ difference, because }) => [difference, because]))
  if (judgement.differences.length === 0) return 'nothing differs from the baseline'
  const rows = judgement.differences.map((difference) => {
    const reason = reasons.get(difference)
    return `${reason === undefined ? '! ' : '  '}${printDifference(difference)}${reason === undefined ? '' : `\n      ${reason}`}`
  })
  return [...rows, ...renderLines(lines)].join('\n')
}

function renderLines(lines: SuggestedLines): string[] {
  const parts = Object.entries(lines).filter(([, own]) => (own as string[]).length > 0)
  if (parts.length === 0) return []
  return [
    '',
    'copy into tests/contract.yaml what a correct repair may do:',
    ...parts.flatMap(([field, own]) => [`${field}:`, ...(own as string[]).map((line) => `  ${line}`)]),
  ]
}
