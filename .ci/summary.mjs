// The last lines of a CI run: what was skipped and why, which test files never ran, then one line that counts.
import { existsSync, readdirSync, readFileSync } from 'node:fs'

const [file, testsExit, checksExit] = process.argv.slice(2)
const report = existsSync(file)
  ? JSON.parse(readFileSync(file, 'utf8'))
  : { passed: 0, failed: 1, skipped: [], flaky: [], files: testFiles() }
let { passed, failed } = report

if (!existsSync(file)) console.log('failed: the tests left no report')
for (const name of testFiles()) {
  if (report.files.includes(name)) continue
  console.log(`failed: ${name} was not run`)
  failed++
}
// the checks count as one, and a run that failed without a failed test must not look green
if (checksExit === '0') passed++
else {
  console.log('failed: npm run check:static')
  failed++
}
if (testsExit !== '0' && failed === 0) failed++

for (const { test, because } of report.skipped) console.log(`skipped: ${test}${because ? ` (${because})` : ''}`)
for (const { test, because } of report.flaky) console.log(`flaky: ${test} (${because})`)
console.log(`${passed} passed, ${failed} failed, ${report.skipped.length} skipped`)
process.exitCode = failed === 0 ? 0 : 1

function testFiles() {
  return ['harness', 'environments', 'agents', 'verifiers', 'test'].flatMap((folder) =>
    existsSync(folder)
      ? readdirSync(folder, { recursive: true })
          .filter((name) => name.endsWith('.test.ts'))
          .map((name) => `${folder}/${name}`)
      : [],
  )
}
