import { existsSync } from 'node:fs'
import path from 'node:path'
import { writeAtomically } from '../base/write-atomically.ts'
import type { Outcome } from '../record/events.ts'
import type { AllVerdicts, VerdictCounts } from '../store/read-trial-result.ts'
import type { TrialStore } from '../store/trial-store.ts'
import type { CheckVerdict } from '../../verifiers/run-checks.ts'
import type { Findings } from './outcome.ts'

/** Writes what Harbor and its viewer read of a verifier: rewards, their details, CTRF, and a page for people. */
export async function writeReward(
  verifierDir: string,
  findings: Findings,
  result: { outcome: Outcome; because: string },
): Promise<Record<string, number>> {
  const rewards = {
    reward: result.outcome === 'solved' ? 1 : 0,
    outcome: isMet(findings.outcome) ? 1 : 0,
    preservation: isMet([...findings.preservation, ...findings.integrity]) ? 1 : 0,
  }
  const write = (file: string, document: unknown): Promise<void> =>
    writeAtomically(path.join(verifierDir, file), `${JSON.stringify(document, undefined, 4)}\n`)
  await write('reward-details.json', { ...result, ...findings })
  await write('ctrf.json', toCtrf(findings))
  await writeAtomically(path.join(verifierDir, 'test-stdout.txt'), describeFindings(findings, result))
  await write('reward.json', rewards)
  return rewards
}

/** Adds what a trial found to what the task's own script wrote. */
export async function writeScriptReward(
  store: TrialStore,
  findings: Findings,
  result: { outcome: Outcome; because: string },
  rewards: Record<string, number>,
): Promise<void> {
  await store.writeJson(path.join(store.verifierDir, 'reward.json'), rewards)
  await store.writeJson(path.join(store.verifierDir, 'reward-details.json'), { ...result, ...findings })
  const ctrf = path.join(store.verifierDir, 'ctrf.json')
  if (!existsSync(ctrf)) await store.writeJson(ctrf, toCtrf(findings))
}

/** How many checks said what. */
export function countVerdicts(findings: Findings): AllVerdicts {
  const count = (verdicts: CheckVerdict[]): VerdictCounts => ({
    met: verdicts.filter((v) => v.status === 'met').length,
    notMet: verdicts.filter((v) => v.status === 'not-met').length,
    unknown: verdicts.filter((v) => v.status === 'unknown').length,
  })
  return {
    outcome: count(findings.outcome),
    preservation: count(findings.preservation),
    integrity: count(findings.integrity),
  }
}

function isMet(verdicts: CheckVerdict[]): boolean {
  return verdicts.every((verdict) => verdict.status === 'met')
}

/** What was wrong, in ten lines: the answer first, then what is not met, then what is. */
export function describeFindings(
  findings: Findings,
  { outcome, because }: { outcome: Outcome; because: string },
): string {
  const rows = allOf(findings).map(({ about, verdict }) => ({ about, verdict }))
  const line = ({ about, verdict }: (typeof rows)[number]): string =>
    `${marks[verdict.status]} ${about}: ${verdict.verifier}: ${verdict.because}`
  const bad = rows.filter(({ verdict }) => verdict.status !== 'met')
  const good = rows.filter(({ verdict }) => verdict.status === 'met')
  return `${outcome}: ${because}\n\n${[...bad, ...good].map(line).join('\n')}\n`
}

const marks = { met: 'met    ', 'not-met': 'NOT MET', unknown: 'UNKNOWN' } as const

function toCtrf(findings: Findings): unknown {
  const tests = allOf(findings).map(({ about, verdict }) => ({
    name: `${about}: ${verdict.verifier} (${verdict.at})`,
    status: verdict.status === 'met' ? 'passed' : verdict.status === 'not-met' ? 'failed' : 'other',
    duration: verdict.durationMs,
    message: verdict.because,
  }))
  const count = (status: string): number => tests.filter((test) => test.status === status).length
  const summary = {
    tests: tests.length,
    passed: count('passed'),
    failed: count('failed'),
    pending: 0,
    skipped: 0,
    other: count('other'),
  }
  return { results: { tool: { name: 'kubemend' }, summary: { ...summary, start: 0, stop: 0 }, tests } }
}

function allOf(findings: Findings): { about: keyof Findings; verdict: CheckVerdict }[] {
  return (['outcome', 'preservation', 'integrity'] as const).flatMap((about) =>
    findings[about].map((verdict) => ({ about, verdict })),
  )
}
