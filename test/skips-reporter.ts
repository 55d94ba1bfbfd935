import { writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Reporter, TestCase, TestModule } from 'vitest/node'

/** What a test run comes to, as `.ci/run` reads it. */
export interface TestReport {
  passed: number
  failed: number
  skipped: { test: string; because: string | null }[]
  /** Tests that passed only when they were tried again. */
  flaky: { test: string; because: string }[]
  /** Every test file that was run, from the repository's root. */
  files: string[]
}

/**
 * Says what was skipped and why, and fails a run in which a whole file was skipped without a reason. The report goes to
 * the file that KUBEMEND_TEST_REPORT names.
 */
export const skipsReporter: Reporter = {
  onTestRunEnd(modules) {
    const report = summarizeRun(modules)
    const { KUBEMEND_TEST_REPORT: file } = process.env
    if (file) writeFileSync(file, JSON.stringify(report))
    for (const { test, because } of report.skipped) say(`skipped: ${test}${because ? ` (${because})` : ''}`)
    for (const { test, because } of report.flaky) say(`flaky: ${test} (passed at the second try; first: ${because})`)
    for (const module of modules.filter(isSilent)) {
      say(`did not run: ${fileOf(module)}: every test was skipped and none says why; use ctx.skip('the reason')`)
      process.exitCode = 1
    }
  },
}

function summarizeRun(modules: readonly TestModule[]): TestReport {
  const tests = modules.flatMap((module) => testsOf(module))
  const brokenFiles = modules.filter((module) => module.state() === 'failed' && !testsOf(module).some(hasFailed))
  return {
    passed: tests.filter((test) => test.result().state === 'passed').length,
    failed: tests.filter(hasFailed).length + brokenFiles.length,
    skipped: tests.filter(isSkipped).map((test) => ({ test: nameOf(test), because: noteOf(test) ?? null })),
    flaky: tests
      .filter((test) => test.diagnostic()?.flaky)
      .map((test) => ({ test: nameOf(test), because: firstError(test) })),
    files: modules.map(fileOf),
  }
}

function isSilent(module: TestModule): boolean {
  const tests = testsOf(module)
  return tests.length > 0 && tests.every((test) => isSkipped(test) && noteOf(test) === undefined)
}

function testsOf(module: TestModule): TestCase[] {
  return [...module.children.allTests()]
}

function hasFailed(test: TestCase): boolean {
  return test.result().state === 'failed'
}

/** A test without a result never got its turn, which counts as skipped. */
function isSkipped(test: TestCase): boolean {
  return ['skipped', 'pending'].includes(test.result().state)
}

function noteOf(test: TestCase): string | undefined {
  const result = test.result()
  return result.state === 'skipped' ? result.note : undefined
}

function firstError(test: TestCase): string {
  return (test.result().errors?.[0]?.message ?? 'no message').split('\n')[0]!.slice(0, 200)
}

function nameOf(test: TestCase): string {
  return `${fileOf(test.module)}: ${test.fullName}`
}

function fileOf(module: TestModule): string {
  return path.relative(module.project.vitest.config.root, module.moduleId)
}

function say(line: string): void {
  process.stdout.write(`${line}\n`)
}
