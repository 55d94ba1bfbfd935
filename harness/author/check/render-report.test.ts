import { describe, expect, it } from 'vitest'
import { checkNames, checkReportSchema, summarizeCheck, type TaskReport } from './check-report.ts'
import { renderJunit, rowsOf } from './render-report.ts'

const probe = { expected: 'failed', isAsExpected: true, because: 'nothing was done', wallMs: 1 } as const
const report: TaskReport = {
  task: 'core/<checkout>',
  dir: '/tasks/checkout',
  findings: [{ check: 'canary', because: 'a "quoted" & <b>old\u0007</b> word', at: 'README.md' }],
  remarks: [{ check: 'contract', because: 'one line too many' }],
  probes: [{ ...probe, agent: 'nop', outcome: 'failed' }],
  notRun: ['oracle', 'alternatives', 'unsafe', 'adversaries'],
  wallMs: 1500,
  cpuMs: 900,
}

describe('the report of a check', () => {
  it('has a row for every check, in the same order', () => {
    const rows = rowsOf(report)
    expect(rows.map(({ check }) => check)).toEqual(Object.keys(checkNames))
    const of = (name: string): unknown => rows.find(({ check }) => check === name)
    expect(of('canary')).toMatchObject({ verdict: 'finding' })
    expect(of('nop')).toMatchObject({ verdict: 'ok', because: '1 failed' })
    expect(of('oracle')).toMatchObject({ verdict: 'not run' })
    expect(of('contract')).toMatchObject({ verdict: 'ok', because: 'every line of the contract is needed; 1 remark' })
  })

  it('keeps to its schema and counts what it says', () => {
    const whole = summarizeCheck([report, report], { dir: '/out', wallMs: 3000 })
    expect(checkReportSchema.parse(whole)).toEqual(whole)
    expect(whole.summary).toMatchObject({ tasks: 2, probes: 2, findings: 2, remarks: 2 })
    expect(checkReportSchema.safeParse({ ...whole, more: 1 }).success).toBe(false)
  })

  it('is XML for CI that no name or message breaks', () => {
    const xml = renderJunit(summarizeCheck([report], { dir: '/out', wallMs: 3000 }))
    expect(xml).toContain('<testsuite name="core/&lt;checkout&gt;" tests="11" failures="1" skipped="4" time="1.500">')
    expect(xml).toContain('<failure message="a &quot;quoted&quot; &amp; &lt;b&gt;old&lt;/b&gt; word (README.md)">')
    expect(xml).not.toContain('\u0007')
  })
})
