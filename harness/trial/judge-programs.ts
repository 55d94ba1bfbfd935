import type { CheckVerdict } from '../../verifiers/run-checks.ts'

/** The verifier's script runs main's own programs: whoever changed those could have it say anything. */
export function judgePrograms(changes: readonly string[], durationMs: number): CheckVerdict {
  const changed = changes.filter((change) => isProgram.test(change))
  const [first] = changed
  const more = changed.length > 1 ? ` (and ${changed.length - 1} more)` : ''
  return {
    verifier: 'machine-programs',
    at: 'main',
    status: first === undefined ? 'met' : 'not-met',
    because:
      first === undefined
        ? 'no program or library that main came with was changed'
        : `a program or library that main came with was changed: ${first.slice(2)}${more}`,
    evidence: { changed: changed.slice(0, 100) },
    durationMs: Math.round(durationMs),
  }
}

/** New programs are installed all the time; others in the place of the image's are not. */
const isProgram = new RegExp(
  [
    String.raw`^[CD] \/(usr\/)?(local\/)?s?bin\/[^/]+$`,
    String.raw`^[CD] \/(usr\/)?(local\/)?lib.*(\.so(\.[\d.]+)?|\.py)$`,
    String.raw`^[AC] \/etc\/ld\.so\.preload$`,
  ].join('|'),
)
