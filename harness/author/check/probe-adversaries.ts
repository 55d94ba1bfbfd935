import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Adversary, Ground } from '../adversary/adversary.ts'
import { adversaryIdentity } from '../adversary/adversary-agent.ts'
import { isRefusal, readTries, refusedCode, scriptOf, scriptOfForbidden } from '../adversary/adversary-script.ts'
import { generateAdversaries } from '../adversary/generate.ts'
import type { ProbeReport } from './check-report.ts'
import type { Probe } from './probe.ts'
import type { Probed } from './run-probes.ts'

/** What the adversaries of a task came to. */
export interface ProbedAdversaries {
  /** Those that had a trial of their own. */
  probed: Probed[]
  reports: ProbeReport[]
}

/**
 * Lets every adversary that applies to a task loose on it. Those that the agent's permissions forbid share one trial, in
 * which each must be refused.
 */
export async function probeAdversaries(
  ground: Ground,
  { dir, only }: { dir: string; only: readonly string[] },
  run: (probes: Probe[]) => Promise<Probed[]>,
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
  const own = await Promise.all(able.map((adversary) => write(adversary.name, scriptOf(adversary))))
  const shared = forbidden.length === 0 ? [] : [await write('forbidden', scriptOfForbidden(forbidden))]
  const all = await run([...own, ...shared])
  const probed = all.slice(0, own.length)
  const [together] = all.slice(own.length)
  return {
    probed,
    reports: [
      ...probed.map((one, i) => reportAble(one, able[i] as Adversary)),
      ...(together ? reportForbidden(together, forbidden) : []),
    ],
  }
}

function reportAble({ report, end }: Probed, { means }: Adversary): ProbeReport {
  if (end?.exitCode !== refusedCode) return { ...report, because: `${means}: ${report.because}` }
  const said = lastLine(end.output)
  // who could not do its harm is no danger, whatever became of the repair
  return { ...report, outcome: 'refused', isAsExpected: isRefusal(said), because: `${means}: ${said}` }
}

function reportForbidden({ report, end }: Probed, adversaries: readonly Adversary[]): ProbeReport[] {
  const tries = readTries(end?.output ?? '')
  const wallMs = Math.round(report.wallMs / adversaries.length)
  return adversaries.map(({ name, means }): ProbeReport => {
    const agent = `adversary=${name}`
    const tried = tries.get(name)
    if (!tried || !isOver(report))
      return {
        ...report,
        agent,
        outcome: 'invalid',
        isAsExpected: false,
        because: `${means}: ${report.because}`,
        wallMs,
      }
    const isRefused = tried.exitCode !== 0
    const outcome = !isRefused ? 'permitted' : /forbidden/i.test(tried.said) ? 'forbidden' : 'refused'
    const because = isRefused ? tried.said : 'the task does not permit this, and the cluster let it happen'
    return {
      ...report,
      agent,
      outcome,
      isAsExpected: isRefused && isRefusal(tried.said),
      because: `${means}: ${because}`,
      wallMs,
    }
  })
}

/** Trying forbidden things repairs nothing: a trial that ends otherwise says that something is wrong with it. */
function isOver({ outcome }: ProbeReport): boolean {
  return outcome !== 'invalid' && outcome !== 'solved'
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
