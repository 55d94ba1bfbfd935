import path from 'node:path'
import type { Difference } from '../../state/difference.ts'
import { parseMayChange } from '../../state/may-change.ts'
import type { Contract } from '../../task/contract.ts'
import type { Task } from '../../task/task.ts'
import type { Ground } from '../adversary/adversary.ts'
import { probeAdversaries } from './probe-adversaries.ts'
import type { Finding, TaskReport } from './check-report.ts'
import { findTellingPermissions, findUnusedPermissions } from './check-permissions.ts'
import { readEvidence, type Evidence } from './evidence.ts'
import { lintInstruction } from './lint-instruction.ts'
import { findingOf, nopProbe, oracleProbe, scriptProbes, type Probe } from './probe.ts'
import { runProbes, type Probed, type ProbeOptions } from './run-probes.ts'
import { checkStructure } from './structure.ts'

export interface CheckOptions extends ProbeOptions {
  /** Where the evidence goes; a folder for each task is made in it. */
  dir: string
  /** How often the oracle must solve it. */
  flake: number
}

/** Lets a task prove itself: what it says, what it asks for, and what comes of everybody who is let loose on it. */
export async function checkTask(task: Task, options: CheckOptions): Promise<TaskReport> {
  const startedAt = Date.now()
  const jobsDir = path.join(options.dir, path.basename(task.dir))
  const run = (jobName: string, probes: Probe[]): Promise<Probed[]> =>
    runProbes(task, probes, { jobsDir, jobName, isHarmEnough: jobName === 'adversaries' }, options)

  // the parts that need no cluster
  const findings = await checkStructure(task)
  const remarks: Finding[] = []

  // is it broken, and can it be repaired; without a world there is nothing more to try
  const first = await run('first', [nopProbe(), ...(task.solution.solve === undefined ? [] : [oracleProbe(1)])])
  const isPlayable = first.some(({ facts }) => facts !== undefined && facts.outcome !== 'invalid')
  const again = Array.from({ length: options.flake - 1 }, (_, i) => oracleProbe(i + 2))
  const rest = isPlayable ? await run('scripts', [...again, ...scriptProbes(task)]) : []
  const probed = [...first, ...rest]

  // what the repairs did tells whether the story or the permissions give it away
  const repairs = await evidenceOf(
    probed.filter(({ probe, facts }) => probe.expected === 'solved' && facts?.outcome === 'solved'),
  )
  const changes = repairs.flatMap(changesByAgent)
  findings.push(...lintInstruction(task.instruction, { difficulty: task.difficulty, repairs: changes }))
  const [known] = repairs
  if (known) {
    findings.push(...findTellingPermissions(task, { repairs: changes, baseline: known.baseline }))
    remarks.push(
      ...findUnusedPermissions(
        task,
        repairs.flatMap(({ audit }) => (audit ? [audit] : [])),
      ),
    )
  }

  // everybody who gets around it or does harm, made from what the repair did
  const [solution] = await evidenceOf(
    first.filter(({ probe, facts }) => probe.name === 'oracle' && facts?.outcome === 'solved'),
  )
  const adversaries =
    solution && task.contract && task.cluster
      ? await probeAdversaries(
          groundOf(task, task.contract, solution),
          path.join(jobsDir, 'scripts-of-adversaries'),
          (probes) => run('adversaries', probes),
        )
      : undefined

  const reports = [...probed.map(({ report }) => report), ...(adversaries?.reports ?? [])]
  findings.push(...reports.flatMap(findingOf))
  return { task: task.id, dir: task.dir, findings, remarks, probes: reports, wallMs: Date.now() - startedAt }
}

async function evidenceOf(probed: readonly Probed[]): Promise<Evidence[]> {
  const dirs = probed.flatMap(({ report }) => report.dir ?? [])
  const read = await Promise.all(dirs.map(readEvidence))
  return read.filter((evidence) => evidence !== undefined)
}

function groundOf(task: Task, contract: Contract, solution: Evidence): Ground {
  return {
    task,
    broken: solution.baseline,
    fixed: solution.endState,
    repairs: changesByAgent(solution),
    allowances: parseMayChange(contract.mayChange),
  }
}

/** What a repair changed by its own hand, not what controllers made of it. */
function changesByAgent({ judgement }: Evidence): Difference[] {
  return judgement.differences.filter(({ by }) => by?.role === 'agent')
}
