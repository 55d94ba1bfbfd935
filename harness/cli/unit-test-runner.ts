import type { RunUnitTest } from '../manifest/judge-answer.ts'
import type { ManifestSpec } from '../task/manifest-spec.ts'
import { createUnitTestRunner } from '../trial/run-unit-test.ts'
import { ensureTrialPrograms } from './trial-programs.ts'

/** What runs the unit tests of these tasks; undefined when none has one. */
export async function unitTestRunner(specs: readonly ManifestSpec[]): Promise<RunUnitTest | undefined> {
  if (!specs.some((spec) => spec['unit-test'] !== undefined)) return undefined
  return createUnitTestRunner(await ensureTrialPrograms())
}
