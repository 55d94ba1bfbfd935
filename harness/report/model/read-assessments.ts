import { readFile } from 'node:fs/promises'
import { InputError } from '../../base/errors.ts'
import { checkAgainst } from '../../base/schema-problems.ts'
import { keptAssessmentsSchema, type KeptAssessment } from '../../manifest/assess/assessment.ts'
import type { TrialStore } from '../../store/trial-store.ts'

/** What models said that judged the answer of a trial; none where nobody asked them. */
export async function readAssessments(store: TrialStore): Promise<KeptAssessment[]> {
  const text = await readFile(store.assessments, 'utf8').catch(() => undefined)
  if (text === undefined) return []
  const checked = checkAgainst(keptAssessmentsSchema, JSON.parse(text) as unknown)
  if (checked.problems)
    throw new InputError(checked.problems.map(({ path, message }) => `${store.assessments}: ${path}: ${message}`))
  return checked.value.assessments
}

/** The mean of their scores; undefined without any. */
export function meanQuality(assessments: readonly KeptAssessment[]): number | undefined {
  if (assessments.length === 0) return undefined
  return assessments.reduce((sum, { quality_score }) => sum + quality_score, 0) / assessments.length
}
