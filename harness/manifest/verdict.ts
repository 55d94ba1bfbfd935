import type { ManifestStage } from '../task/manifest-spec.ts'

/** One thing that a stage has to say against an answer. */
export interface Finding {
  /** A stable id: `L4/image-pinned`. */
  id: string
  /** `ConfigMap/settings`; absent when it is about the answer as a whole. */
  object?: string
  /** The field, in dots. */
  at?: string
  because: string
}

/** What one stage found. `skipped` is for what an earlier stage makes pointless; `unknown` could not be looked at. */
export interface StageVerdict {
  stage: ManifestStage
  status: 'met' | 'not-met' | 'skipped' | 'unknown'
  because: string
  findings: Finding[]
  /** Worth knowing, and no reason to fail. */
  notes: string[]
  evidence?: unknown
  durationMs: number
}

/** Words what findings say together: the first, and how many more. */
export function summarizeFindings(findings: readonly Finding[], fine: string): string {
  const [first] = findings
  if (!first) return fine
  const where = [first.object, first.at].filter(Boolean).join(' ')
  const more = findings.length > 1 ? ` (and ${findings.length - 1} more)` : ''
  return `${where ? `${where}: ` : ''}${first.because}${more}`
}
