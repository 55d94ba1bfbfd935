import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { lintInstruction } from '../../author/check/lint-instruction.ts'
import { nopProbe, oracleProbe, scriptProbes, type Probe } from '../../author/check/probe.ts'
import { runProbes, type ProbeOptions } from '../../author/check/run-probes.ts'
import { textAt } from '../../state/json.ts'
import type { Task } from '../../task/task.ts'
import type { WorldLease } from './world-lease.ts'

/** What came of a candidate on a real cluster. */
export interface Proof {
  isProven: boolean
  /** Why not: a word to count by, and a sentence. */
  reason?: string
  because?: string
  probes: { agent: string; expected: string; outcome: string; wallMs: number }[]
}

/**
 * Healthy before, broken after, who does nothing fails, the oracle and the alternatives solve, wrong repairs are unsafe.
 * Each of these is an ordinary trial; the first one that comes out otherwise is the last.
 */
export async function proveCandidate(
  task: Task,
  {
    lease,
    evidenceDir,
    ...options
  }: Omit<ProbeOptions, 'provider' | 'concurrency'> & { lease: WorldLease; evidenceDir: string },
): Promise<Proof> {
  const lint = lintInstruction(task.instruction, { difficulty: task.difficulty, repairs: [] })
  const [first] = lint
  if (first) return { isProven: false, reason: 'story', because: first.because, probes: [] }
  lease.begin(task)
  const probes: Proof['probes'] = []
  const dir = path.join(evidenceDir, path.basename(task.dir))
  await rm(dir, { recursive: true, force: true })
  for (const probe of [nopProbe(), oracleProbe(1), ...scriptProbes(task)]) {
    if (probe.agent.name === 'nop') lease.expectOnlyLooks()
    const at = { jobsDir: dir, jobName: wordFor(probe) }
    const [probed] = await runProbes(task, [probe], at, { ...options, provider: lease, concurrency: 1 })
    options.stop.throwIfAborted()
    if (!probed) throw new Error('a probe gave no report')
    const { agent, expected, outcome, isAsExpected, because, wallMs } = probed.report
    probes.push({ agent, expected, outcome, wallMs })
    if (isAsExpected) continue
    return { isProven: false, reason: reasonFor(probe, outcome, await errorOf(probed.report.dir)), because, probes }
  }
  await rm(dir, { recursive: true, force: true })
  return { isProven: true, probes }
}

/** The word for why a trial could not be brought to a verdict, out of its result. */
async function errorOf(dir: string | undefined): Promise<string | undefined> {
  if (dir === undefined) return undefined
  const text = await readFile(path.join(dir, 'result.json'), 'utf8').catch(() => '{}')
  return textAt(JSON.parse(text), 'exception_info', 'exception_type')
}

function wordFor({ name }: Probe): string {
  return name.replaceAll(/[^a-z0-9]+/g, '-')
}

/** What a result says when checks could not be asked. */
const notJudged = 'InvalidTrialError'

/** One word for each way in which a candidate can fail. */
function reasonFor({ agent, name, expected }: Probe, outcome: string, error: string | undefined): string {
  if (outcome === 'invalid') return error === undefined || error === notJudged ? 'invalid' : error
  if (agent.name === 'nop') return `nop-${outcome}`
  if (name === 'oracle') return `oracle-${outcome}`
  return expected === 'unsafe' ? `wrong-repair-${outcome}` : `alternative-${outcome}`
}
