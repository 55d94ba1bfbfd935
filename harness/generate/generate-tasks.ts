import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ProbeOptions } from '../author/check/run-probes.ts'
import { lintInstruction } from '../author/check/lint-instruction.ts'
import { messageOf } from '../base/errors.ts'
import type { Provider } from '../../environments/provider.ts'
import { writeAtomically } from '../base/write-atomically.ts'
import type { VerifierParams } from '../task/contract.ts'
import { tryLoadTask } from '../task/load-task.ts'
import { pinDataset } from '../task/pin-dataset.ts'
import { formatProblem } from '../task/problem.ts'
import type { Task } from '../task/task.ts'
import { differencesOf } from './compare-objects.ts'
import { composeCandidate, type Candidate, type ComposeOptions } from './compose.ts'
import { difficultyOf } from './difficulty.ts'
import { draftTask } from './draft-task.ts'
import { Progress, type CandidateLine, type Recipe } from './progress.ts'
import { CpuMeter } from './prove/cpu-meter.ts'
import { proveCandidate } from './prove/prove-candidate.ts'
import { WorldLease } from './prove/world-lease.ts'
import { findTwin, shapeOf, type Shape } from './similarity.ts'
import { splits } from './split.ts'

export interface GenerateOptions extends Recipe {
  /** How many tasks there are to be. */
  count: number
  out: string
  compose: ComposeOptions
  verifiers: VerifierParams
  /** How candidates prove themselves; without it they are only drafted. */
  proof?: Omit<ProbeOptions, 'concurrency'> & { provider: Provider }
  say: (line: string) => void
}

/** A candidate that is worth a cluster. */
interface Drafted {
  candidate: Candidate
  task: Task
  line: Omit<CandidateLine, 'verdict'>
}

/** Makes tasks until there are as many as asked for, or until every third of many candidates is refused. */
export async function generateTasks(options: GenerateOptions): Promise<Progress> {
  const { seed, perWorld, split, operators, faults } = options
  const recipe: Recipe = {
    seed,
    perWorld,
    ...(split === undefined ? {} : { split }),
    ...(operators === undefined ? {} : { operators }),
    ...(faults === undefined ? {} : { faults }),
  }
  const progress = await Progress.open(options.out, recipe)
  const accepted = acceptedBefore(progress, options.compose)
  const isEnough = (): boolean => accepted.length >= options.count
  const candidatesAtMost = options.count * 3 + 40
  for (let group = 0; !isEnough() && group * perWorld < candidatesAtMost; group++) {
    if (options.proof?.drain.aborted) break
    const decided = new Set(progress.candidates.map(({ candidate }) => candidate))
    const indices = Array.from({ length: perWorld }, (_, i) => group * perWorld + i).filter(
      (index) => !decided.has(index),
    )
    const drafted: Drafted[] = []
    for (const index of indices) {
      if (accepted.length >= options.count) break
      const draft = await draftOne(index, accepted, options)
      if ('refused' in draft)
        await progress.add({ candidate: index, verdict: 'refused', operators: [], ...draft.refused })
      else {
        drafted.push(draft)
        accepted.push({ index, shape: shapeOf(draft.candidate) })
      }
    }
    const [first, ...rest] = drafted
    if (!first) continue
    if (!options.proof) {
      for (const { line } of drafted) await progress.add({ ...line, verdict: 'drafted' })
      continue
    }
    const refused = await proveGroup(group, [first, ...rest], progress, { ...options, proof: options.proof })
    for (const index of refused)
      accepted.splice(
        accepted.findIndex((one) => one.index === index),
        1,
      )
  }
  return progress
}

interface Accepted {
  index: number
  shape: Shape
}

/** What earlier runs accepted is made again, to compare with: it costs nothing. */
function acceptedBefore(progress: Progress, compose: ComposeOptions): Accepted[] {
  return progress.candidates
    .filter(({ verdict }) => verdict !== 'refused')
    .flatMap(({ candidate: index }) => {
      const candidate = composeCandidate(index, compose)
      return 'refused' in candidate ? [] : [{ index, shape: shapeOf(candidate) }]
    })
}

async function draftOne(
  index: number,
  accepted: readonly Accepted[],
  { compose, out, verifiers, proof }: GenerateOptions,
): Promise<Drafted | { refused: Partial<CandidateLine> }> {
  const candidate = composeCandidate(index, compose)
  if ('refused' in candidate) return { refused: { reason: 'precondition', because: candidate.refused } }
  const names = candidate.faults.map(({ operator }) => operator.name)
  const twin = findTwin(shapeOf(candidate), accepted)
  if (twin) {
    const because = `${(100 * twin.likeness).toFixed(0)} % like candidate ${twin.twin.index}`
    return { refused: { operators: names, reason: 'near-duplicate', because } }
  }
  const { name, files } = draftTask(candidate)
  const { difficulty } = difficultyOf(candidate)
  const told = lintInstruction(files['instruction.md'] ?? '', {
    difficulty,
    repairs: differencesOf(candidate.broken, candidate.repaired),
  })
  if (told[0]) return { refused: { operators: names, reason: 'story', because: told[0].because } }
  const dir = path.join(out, proof ? 'candidates' : candidate.split, name)
  await writeFiles(dir, files)
  const { task, problems } = await tryLoadTask(dir, { verifiers })
  if (!task)
    return {
      refused: { operators: names, name, reason: 'not-a-task', because: problems.map(formatProblem).join('; ') },
    }
  const { split, world } = candidate
  return { candidate, task, line: { candidate: index, name, split, world: world.model, operators: names, difficulty } }
}

async function writeFiles(dir: string, files: Readonly<Record<string, string>>): Promise<void> {
  await rm(dir, { recursive: true, force: true })
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(dir, name)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, text, { mode: name.endsWith('.sh') ? 0o755 : 0o644 })
  }
}

/** Proves the candidates of one world on one cluster, one after the other. Answers those that were refused. */
async function proveGroup(
  group: number,
  drafted: readonly [Drafted, ...Drafted[]],
  progress: Progress,
  options: GenerateOptions & Required<Pick<GenerateOptions, 'proof'>>,
): Promise<number[]> {
  const { proof, say, out } = options
  const startedAt = Date.now()
  const meter = new CpuMeter()
  const refused: number[] = []
  const tasks = drafted.map(({ task }) => task) as [Task, ...Task[]]
  const lease = new WorldLease(tasks, { ...proof, meter, say })
  let isWorldIll = false
  try {
    for (const { task, line } of drafted) {
      if (isWorldIll) {
        refused.push(line.candidate)
        await progress.add({
          ...line,
          verdict: 'refused',
          reason: 'world-unhealthy',
          because: 'its world never was healthy',
        })
        continue
      }
      if (proof.drain.aborted) {
        refused.push(line.candidate)
        continue
      }
      const [began, cpuBefore] = [Date.now(), await meter.readMs()]
      const made = await proveCandidate(task, { ...proof, lease, evidenceDir: path.join(out, 'evidence') })
      const cpuMs = (await meter.readMs()) - cpuBefore
      const { isProven, ...rest } = made
      // who was interrupted has shown nothing, and is asked again
      if (proof.drain.aborted && made.reason === 'invalid') {
        refused.push(line.candidate)
        continue
      }
      const verdict = isProven ? 'proven' : 'refused'
      if (!isProven) refused.push(line.candidate)
      isWorldIll = made.reason === 'world-unhealthy'
      await move(task.dir, path.join(out, isProven ? (line.split ?? 'train') : 'refused', path.basename(task.dir)))
      await progress.add({ ...line, verdict, ...rest, wallMs: Date.now() - began, cpuMs })
      const said = isProven ? 'proven' : `refused, ${made.reason}: ${made.because}`
      say(
        `${line.candidate}  ${line.operators.join(' + ')}  ${said}  (${((Date.now() - began) / 1000).toFixed(0)} s, ${(cpuMs / 1000).toFixed(1)} CPU s)`,
      )
    }
  } finally {
    await lease[Symbol.asyncDispose]().catch((error: unknown) =>
      say(`the cluster could not be ended: ${messageOf(error)}`),
    )
    const cpuMs = await meter.readMs()
    await progress.add({ world: group, wallMs: Date.now() - startedAt, cpuMs, ...lease.counts })
    await pinSplits(out, options.verifiers)
  }
  return refused
}

async function move(from: string, to: string): Promise<void> {
  await mkdir(path.dirname(to), { recursive: true })
  await rm(to, { recursive: true, force: true })
  await rename(from, to)
}

/** Each part is a dataset of its own, with the digests of its tasks. */
async function pinSplits(out: string, verifiers: VerifierParams): Promise<void> {
  for (const split of splits) {
    const dir = path.join(out, split)
    const isThere = await stat(dir).then(
      () => true,
      () => false,
    )
    if (!isThere) continue
    const file = path.join(dir, 'dataset.toml')
    const isNamed = await stat(file).then(
      () => true,
      () => false,
    )
    if (!isNamed) {
      const about = `Generated tasks, each proven on a real cluster: the ${split} part`
      await writeAtomically(file, `[dataset]\nname = "kubemend-generated/${split}"\ndescription = "${about}"\n`)
    }
    await pinDataset(dir, { verifiers })
  }
}
