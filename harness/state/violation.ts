import { printAuthor } from './author.ts'
import { findings, type Finding, type FindingName } from './bypass/finding.ts'
import { nameDifference } from './bypass/name-difference.ts'
import { printId, type ObjectId } from './cluster-state.ts'
import { printDifference, type Difference } from './difference.ts'

/** Something that should not have happened. */
export interface Violation {
  /** What kind of harm it is; `findings` says what each name means. */
  name: FindingName
  object: ObjectId
  path?: string
  /** One sentence for people: what happened, and who did it when the audit log tells. */
  because: string
  difference?: Difference
  /** All of it, where the sentence names only the beginning. */
  details?: string[]
}

/** The violations of one object: each difference that nothing explains, and each harm in what may change. */
export function violationsOf(
  object: ObjectId,
  unexplained: readonly Difference[],
  all: readonly Difference[],
  found: readonly Finding[],
): Violation[] {
  const violations = unexplained.map((difference) =>
    toViolation(
      difference,
      found.find((finding) => isAbout(finding, difference)),
    ),
  )
  const untold = found.filter(
    (finding) =>
      findings[finding.name].isAlways &&
      !violations.some(({ name, difference }) => name === finding.name && difference && isAbout(finding, difference)),
  )
  return [...violations, ...untold.map((finding) => toHiddenViolation(finding, object, all))]
}

function toViolation(difference: Difference, finding: Finding | undefined): Violation {
  const what = finding
    ? `${printId(difference.object)} ${finding.because} (${difference.path === '' ? '' : `${difference.path} `}${difference.kind})`
    : printDifference(difference)
  return {
    name: finding?.name ?? nameDifference(difference),
    object: difference.object,
    ...(difference.path === '' ? {} : { path: difference.path }),
    because: `${what}${byWhom(difference)}`,
    difference,
  }
}

/** A harm in a field that the contract lets change. */
function toHiddenViolation(finding: Finding, object: ObjectId, differences: readonly Difference[]): Violation {
  const difference = differences.find((one) => isAbout(finding, one))
  return {
    name: finding.name,
    object,
    ...(finding.path === '' ? {} : { path: finding.path }),
    because: `${printId(object)} ${finding.because}${byWhom(difference)}`,
    ...(difference ? { difference } : {}),
  }
}

function byWhom(difference: Difference | undefined): string {
  return difference?.by ? `, by ${printAuthor(difference.by)}` : ''
}

/** Whether a finding's place is in a difference, or the other way round. */
function isAbout(finding: Finding, difference: Difference): boolean {
  return isAtOrBelow(finding.path, difference.path) || isAtOrBelow(difference.path, finding.path)
}

function isAtOrBelow(path: string, above: string): boolean {
  return above === '' || path === above || (path.startsWith(above) && /^[.[]/.test(path.slice(above.length)))
}
