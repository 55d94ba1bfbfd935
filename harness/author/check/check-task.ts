import path from 'node:path'
import type { Difference } from '../../state/difference.ts'
import { parseMayChange } from '../../state/may-change.ts'
import type { Contract } from '../../task/contract.ts'
import type { Task } from '../../task/task.ts'
import type { Patience } from '../../trial/trial-plan.ts'
import type { Ground } from '../adversary/adversary.ts'
import { findTellingPermissions, findUnusedPermissions } from './check-permissions.ts'
import type { CheckName, TaskReport } from './check-report.ts'
import { readEvidence, readFindings, type Evidence } from './evidence.ts'
import { lintInstruction } from './lint-instruction.ts'
import { meterProvider } from './meter-provider.ts'
import { mutateContract, type JudgedProbe, type RecordedRepair } from './mutate-contract.ts'
import { probeAdversaries } from './probe-adversaries.ts'
import { probeRecorded } from './probe-recorded.ts'
import { findingOf, nopProbe, oracleProbe, scriptProbes, type Probe } from './probe.ts'
import { checkOf } from './render-report.ts'
import { runProbes, type Probed, type ProbeOptions } from './run-probes.ts'
import { checkStructure } from './structure.ts'

export interface CheckOptions extends ProbeOptions {
  /** Where the evidence goes; a folder for each task is made in it. */
  dir: string
  /** How often the oracle must solve it. */
  flake: number
  /** Leaves the adversaries and the contract's mutations out, for those who are still writing. */
  isQuick: boolean
  /** Globs over the names of adversaries; all of them when empty. */
  adversaries: readonly string[]
}

/** Lets a task prove itself: what it says, what it asks for, and what comes of everybody who is let loose on it. */
export async function checkTask(task: Task, options: CheckOptions): Promise<TaskReport> {
  const startedAt = Date.now()
  const meter = meterProvider(options.provider)
  const jobsDir = path.join(options.dir, path.basename(task.dir))
  const run = async (jobName: string, probes: Probe[], patience: Patience = 'always'): Promise<Probed[]> => {
    const once = (): Promise<Probed[]> =>
      runProbes(task, probes, { jobsDir, jobName, patience }, { ...options, provider: meter.provider })
    const probed = await once()
    // what could not be judged may be the machine's fault; the task's comes again
    const isInvalid = probed.some(({ isRun, report }) => isRun && report.outcome === 'invalid')
    return isInvalid && !options.drain.aborted ? once() : probed
  }

  // the parts that need no cluster
  const structure = await checkStructure(task)

  // is it broken, and can it be repaired; without a world there is nothing more to try
  const hasSolution = task.solution.solve !== undefined
  const first = await run('first', [hasSolution ? oracleProbe(1) : nopProbe()])
  const isPlayable = first.some(({ isRun, report }) => isRun && report.outcome !== 'invalid')
  // the one that waits longest begins first
  const again = hasSolution ? Array.from({ length: options.flake - 1 }, (_, i) => oracleProbe(i + 2)) : []
  const others = [...(hasSolution ? [nopProbe()] : []), ...again, ...scriptProbes(task)]
  const scripts = isPlayable ? await run('scripts', others) : []
  const ran = [...first, ...scripts]

  // everybody who gets around it or does harm, made from what the repair did
  const { contract } = task
  const right = await recordedOf(ran.filter(isSolvedRepair))
  const solution = right.find(({ name }) => name === 'oracle')?.evidence
  const isProbed = !options.isQuick && solution !== undefined && contract !== undefined && task.cluster !== undefined
  const made = { dir: path.join(jobsDir, 'scripts-of-adversaries'), only: options.adversaries }
  const adversaries = isProbed
    ? await probeAdversaries(groundOf(task, contract, solution), made, (name, some) => run(name, some, 'until-harm'))
    : { probed: [], reports: [] }
  const recorded = isProbed ? probeRecorded(task, contract, solution) : []

  // what the repairs did tells whether the story, the permissions or the contract are what they should be
  const changes = right.flatMap(({ evidence }) => changesByAgent(evidence))
  const wrong = await judgedOf([...ran.filter(({ probe }) => probe.expected !== 'solved'), ...adversaries.probed])
  const probes = [...ran.map(({ report }) => report), ...adversaries.reports, ...recorded]
  return {
    task: task.id,
    dir: task.dir,
    findings: [
      ...structure,
      ...lintInstruction(task.instruction, {
        difficulty: task.difficulty,
        repairs: changes,
        names: new Set(solution?.baseline.objects.map(({ metadata }) => metadata.name)),
      }),
      ...(solution ? findTellingPermissions(task, { repairs: changes, baseline: solution.baseline }) : []),
      ...probes.flatMap(findingOf),
    ],
    remarks: [
      ...findUnusedPermissions(
        task,
        right.flatMap(({ evidence }) => (evidence.audit ? [evidence.audit] : [])),
      ),
      ...(isProbed ? mutateContract(contract, { permissions: task.permissions, wrong, right }) : []),
    ],
    probes,
    notRun: notRun(
      probes.map(({ agent }) => checkOf(agent)),
      { isProbed, isRepaired: solution !== undefined },
    ),
    wallMs: Date.now() - startedAt,
    cpuMs: meter.cpuMs(),
  }
}

/** Checks that would have needed a probe that there is not. */
function notRun(
  ran: readonly CheckName[],
  { isProbed, isRepaired }: { isProbed: boolean; isRepaired: boolean },
): CheckName[] {
  const probing: CheckName[] = ['nop', 'oracle', 'alternatives', 'unsafe', 'adversaries']
  return [
    ...probing.filter((check) => !ran.includes(check)),
    ...(isProbed ? [] : ['contract' as const]),
    ...(isRepaired ? [] : ['permissions' as const]),
  ]
}

function isSolvedRepair({ probe, report }: Probed): boolean {
  return probe.expected === 'solved' && report.outcome === 'solved'
}

async function recordedOf(probed: readonly Probed[]): Promise<RecordedRepair[]> {
  const read = await Promise.all(
    probed.map(async ({ report: { agent: name, dir } }) => ({ name, evidence: await readEvidence(dir) })),
  )
  return read.flatMap(({ name, evidence }) => (evidence ? [{ name, evidence }] : []))
}

async function judgedOf(probed: readonly Probed[]): Promise<JudgedProbe[]> {
  const read = await Promise.all(
    probed.map(async ({ report: { agent: name, dir } }) => ({ name, findings: await readFindings(dir) })),
  )
  return read.flatMap(({ name, findings }) => (findings ? [{ name, findings }] : []))
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
