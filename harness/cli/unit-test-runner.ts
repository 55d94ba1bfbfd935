import path from 'node:path'
import { ensureBinaries } from '../../environments/node/binaries.ts'
import type { RunUnitTest } from '../manifest/judge-answer.ts'
import type { ManifestSpec } from '../task/manifest-spec.ts'
import { createUnitTestRunner } from '../trial/run-unit-test.ts'
import { say } from './output.ts'

/** What runs the unit tests of these tasks; undefined when none has one. */
export async function unitTestRunner(specs: readonly ManifestSpec[]): Promise<RunUnitTest | undefined> {
  if (!specs.some((spec) => spec['unit-test'] !== undefined)) return undefined
  const { bin } = await ensureBinaries('1.35', say)
  return createUnitTestRunner({ kubectl: path.join(bin, 'kubectl'), portal: path.join(bin, 'portal') })
}
