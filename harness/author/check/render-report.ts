import { checkNames, type CheckName, type CheckReport, type TaskReport } from './check-report.ts'

/** One row of the table: what was looked at, and what was found. */
export interface CheckRow {
  check: CheckName
  verdict: 'ok' | 'finding' | 'not run'
  because: string
}

/** The rows of one task's table, in a fixed order. */
export function rowsOf(report: TaskReport): CheckRow[] {
  return (Object.keys(checkNames) as CheckName[]).map((check): CheckRow => {
    const mine = report.findings.filter((finding) => finding.check === check)
    const [first] = mine
    if (first) {
      const more = mine.length > 1 ? ` (and ${mine.length - 1} more)` : ''
      return { check, verdict: 'finding', because: `${first.because}${more}` }
    }
    if (report.notRun.includes(check)) return { check, verdict: 'not run', because: `not proven: ${checkNames[check]}` }
    const remarks = report.remarks.filter((remark) => remark.check === check).length
    const more = remarks === 0 ? '' : `; ${remarks} remark${remarks === 1 ? '' : 's'}`
    const probes = report.probes.filter(({ agent }) => checkOf(agent) === check)
    return { check, verdict: 'ok', because: `${probes.length > 0 ? tell(probes) : checkNames[check]}${more}` }
  })
}

/** Which check a probe belongs to, by its agent's name. */
export function checkOf(agent: string): CheckName {
  if (agent === 'nop') return 'nop'
  if (agent === 'oracle') return 'oracle'
  if (agent.startsWith('oracle:alternatives/')) return 'alternatives'
  return agent.startsWith('oracle:unsafe/') ? 'unsafe' : 'adversaries'
}

function tell(probes: TaskReport['probes']): string {
  const counts = new Map<string, number>()
  for (const { outcome } of probes) counts.set(outcome, (counts.get(outcome) ?? 0) + 1)
  return [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ')
}

/** The report as JUnit has it: a suite a task, a case a check, a failure a check with findings. */
export function renderJunit({ summary, tasks }: CheckReport): string {
  const suites = tasks.map((task) => {
    const rows = rowsOf(task)
    const cases = rows.map(({ check, verdict }) => {
      const head = `    <testcase classname=${quote(task.task)} name=${quote(check)}`
      if (verdict === 'ok') return `${head} />`
      if (verdict === 'not run') return `${head}>\n      <skipped />\n    </testcase>`
      const texts = task.findings
        .filter((finding) => finding.check === check)
        .map(({ because, at }) => `${because}${at === undefined ? '' : ` (${at})`}`)
      const message = quote(texts[0] ?? '')
      return `${head}>\n      <failure message=${message}>${escape(texts.join('\n'))}</failure>\n    </testcase>`
    })
    const count = (verdict: CheckRow['verdict']): number => rows.filter((row) => row.verdict === verdict).length
    const seconds = (task.wallMs / 1000).toFixed(3)
    return [
      `  <testsuite name=${quote(task.task)} tests="${rows.length}" failures="${count('finding')}" skipped="${count('not run')}" time="${seconds}">`,
      ...cases,
      '  </testsuite>',
    ].join('\n')
  })
  const time = (summary.wallMs / 1000).toFixed(3)
  return [
    `<?xml version="1.0" encoding="UTF-8"?>`,
    `<testsuites name="kubemend check" time="${time}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function quote(text: string): string {
  return `"${escape(text).replaceAll('"', '&quot;').replaceAll('\n', '&#10;')}"`
}

function escape(text: string): string {
  return text.replaceAll(unwritable, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

/** XML 1.0 has no way to write them. */
const unwritable = /(?![\t\n\r])\p{Cc}/gu
