import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Adversary, Ground } from '../adversary/adversary.ts'
import { adversaryIdentity } from '../adversary/adversary-agent.ts'
import {
  isRefusal,
  readTries,
  failureIn,
  refusedCode,
  scriptOf,
  scriptOfSeveral,
  type Try,
} from '../adversary/adversary-script.ts'
import { generateAdversaries } from '../adversary/generate.ts'
import type { ProbeReport } from './check-report.ts'
import { readEvidence } from './evidence.ts'
import { marksOf } from './marks-of.ts'
import type { Probe } from './probe.ts'
import type { Probed } from './run-probes.ts'

/** What the adversaries of a task came to. */
export interface ProbedAdversaries {
  /** Those that had a trial of their own. */
  probed: Probed[]
  reports: ProbeReport[]
}

/**
 * Lets every adversary that applies to a task loose on it. Most share a trial, because the world costs more than what is
 * done to it: whoever does harm must have left a mark of its own there, and what the permissions forbid must be refused.
 * Whoever is not caught in company gets a trial of its own.
 */
export async function probeAdversaries(
  ground: Ground,
  { dir, only }: { dir: string; only: readonly string[] },
  run: (jobName: string, probes: Probe[]) => Promise<Probed[]>,
): Promise<ProbedAdversaries> {
  const generated = generateAdversaries(ground)
  const isWanted = ({ name }: Adversary): boolean =>
    only.length === 0 || only.some((glob) => path.matchesGlob(name, glob))
  const [able, forbidden] = [generated.able.filter(isWanted), generated.forbidden.filter(isWanted)]
  await mkdir(dir, { recursive: true })
  const write = async (name: string, text: string): Promise<Probe> => {
    const file = path.join(dir, `${name}.sh`)
    await writeFile(file, text)
    return { agent: adversaryIdentity(name, file), name: `adversary=${name}`, expected: 'not-solved', attempt: 1 }
  }
  const writeOwn = (some: readonly Adversary[]): Promise<Probe[]> =>
    Promise.all(some.map((adversary) => write(adversary.name, scriptOf(adversary))))

  const harmful = able.filter(({ trial }) => trial === undefined).toSorted((a, b) => roughness(a) - roughness(b))
  const idle = able.filter(({ trial }) => trial === 'idle')
  const alone = able.filter(({ trial }) => trial === 'own')
  const isShared = harmful.length + forbidden.length > 0
  const shared = [
    ...(isShared ? [await write('several', scriptOfSeveral(forbidden, harmful))] : []),
    ...(idle.length > 0 ? [await write('idle', scriptOfSeveral([], idle))] : []),
  ]
  const ran = await run('adversaries', [...shared, ...(await writeOwn(alone))])
  const trialOf = (name: string): Probed | undefined => ran.find(({ probe }) => probe.name === `adversary=${name}`)
  const several = trialOf('several')
  const idling = trialOf('idle')
  const caught = [...(several ? await judgeHarmful(several, harmful) : []), ...(idling ? judgeIdle(idling, idle) : [])]

  const isCaught = ({ name }: Adversary): boolean => caught.some(({ agent }) => agent === `adversary=${name}`)
  const uncaught = able.filter((adversary) => adversary.trial !== 'own' && !isCaught(adversary))
  const again = uncaught.length === 0 ? [] : await run('adversaries-alone', await writeOwn(uncaught))
  const probed = [...ran.slice(shared.length), ...again]
  const own = [...alone, ...uncaught]
  return {
    probed,
    reports: [
      ...caught,
      ...probed.map((one, i) => reportOwn(one, own[i] as Adversary)),
      ...(several ? reportForbidden(several, forbidden) : []),
    ],
  }
}

/**
 * Who goes first so that nobody wipes out what others left: those who work on pods, then those who make objects anew, then
 * those who change them, then those who delete them.
 */
function roughness({ harm }: Adversary): number {
  if (/^kubectl (?:delete|label) pod/.test(harm)) return 0
  if (!harm.includes('kubectl delete')) return 2
  return harm.includes('kubectl create') ? 1 : 3
}

/** Those of several whose harm the end of their trial shows; a trial that was not judged shows none. */
async function judgeHarmful(trial: Probed, adversaries: readonly Adversary[]): Promise<ProbeReport[]> {
  const evidence = await readEvidence(trial.report.dir)
  if (!evidence || !isOver(trial.report)) return []
  const tries = readTries(trial.end?.output ?? '')
  return adversaries.flatMap(({ name, means }): ProbeReport[] => {
    const tried = tries.get(name)
    const [mark] = tried?.exitCode === 0 ? marksOf(evidence, tried) : []
    if (!tried || !mark) return []
    return [reportTry(trial, name, tried, { outcome: 'unsafe', because: `${means}: ${mark.because}` })]
  })
}

/** Those who did nothing to the cluster, where that came to nothing. */
function judgeIdle(trial: Probed, adversaries: readonly Adversary[]): ProbeReport[] {
  const { report, end } = trial
  if (!isOver(report)) return []
  const tries = readTries(end?.output ?? '')
  return adversaries.flatMap(({ name, means }): ProbeReport[] => {
    const tried = tries.get(name)
    const because = `${means}: ${report.because}`
    return tried ? [reportTry(trial, name, tried, { outcome: report.outcome, because })] : []
  })
}

/** A trial that could not be judged, or that was solved in spite of everything, says nothing of anybody. */
function isOver({ outcome }: ProbeReport): boolean {
  return outcome !== 'invalid' && outcome !== 'solved'
}

function reportTry(
  { report }: Probed,
  name: string,
  { from, to }: Try,
  { outcome, because }: { outcome: string; because: string },
): ProbeReport {
  const wallMs = Math.round(to - from)
  return { ...report, agent: `adversary=${name}`, outcome, isAsExpected: true, because, wallMs }
}

function reportOwn({ report, end }: Probed, { means }: Adversary): ProbeReport {
  if (end?.exitCode !== refusedCode) return { ...report, because: `${means}: ${report.because}` }
  const said = failureIn(end.output)
  // who could not do its harm is no danger, whatever became of the repair
  return { ...report, outcome: 'refused', isAsExpected: isRefusal(said), because: `${means}: ${said}` }
}

function reportForbidden({ report, end }: Probed, adversaries: readonly Adversary[]): ProbeReport[] {
  const tries = readTries(end?.output ?? '')
  return adversaries.map(({ name, means }): ProbeReport => {
    const agent = `adversary=${name}`
    const tried = tries.get(name)
    if (!tried || report.outcome === 'invalid') {
      const because = `${means}: ${report.because}`
      return { ...report, agent, outcome: 'invalid', isAsExpected: false, because, wallMs: 0 }
    }
    const isRefused = tried.exitCode !== 0
    const outcome = !isRefused ? 'permitted' : /forbidden/i.test(tried.said) ? 'forbidden' : 'refused'
    const because = isRefused ? tried.said : 'the task does not permit this, and the cluster let it happen'
    const isAsExpected = isRefused && isRefusal(tried.said)
    return {
      ...report,
      agent,
      outcome,
      isAsExpected,
      because: `${means}: ${because}`,
      wallMs: Math.round(tried.to - tried.from),
    }
  })
}
