import path from 'node:path'
import { verifiers } from '../../../verifiers/library.ts'
import { InputError } from '../../base/errors.ts'
import { removeDeadScratch } from '../../base/scratch.ts'
import { writeAtomically } from '../../base/write-atomically.ts'
import { generateTasks, type GenerateOptions } from '../../generate/generate-tasks.ts'
import { operators } from '../../generate/operators/operators.ts'
import { splits } from '../../generate/split.ts'
import { summarizeGeneration, type GenerationSummary } from '../../generate/summarize-generation.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { print, printJson, say, table } from '../output.ts'
import { loadProvider } from '../providers.ts'
import { version } from '../version.ts'
import { watchInterrupts, type Interrupts } from '../watch-interrupts.ts'
import { wholeNumber } from '../whole-number.ts'
import { ensureTrialPrograms } from '../trial-programs.ts'

export const generate: Command = defineCommand({
  summary: 'Makes repair tasks: worlds x faults x stories, proven on a real cluster before they enter a dataset.',
  flags: {
    count: { type: 'string', value: 'N', default: '10', summary: 'how many tasks there are to be' },
    seed: { type: 'string', value: 'S', default: '1', summary: 'the same seed gives the same tasks, byte for byte' },
    out: { type: 'string', value: 'DIR', default: 'generated', summary: 'where they go; begun before, it goes on' },
    prove: { type: 'boolean', summary: 'let each prove itself on a real cluster; without it they are drafts' },
    split: { type: 'string', choices: splits, summary: 'only tasks of this part' },
    operator: { type: 'string', isMultiple: true, value: 'NAME', summary: 'only faults of this operator or kind' },
    faults: { type: 'string', choices: ['1', '2', '3'], summary: 'so many faults in each task [one to three]' },
    'per-world': { type: 'string', value: 'N', default: '4', summary: 'candidates that share a world, and a cluster' },
    operators: { type: 'boolean', summary: 'list the operators, and make nothing' },
    cluster: { type: 'string', value: 'PROVIDER', default: 'auto', summary: 'what makes the clusters' },
    json: jsonFlag,
  },
  details: `docs/generate.md says what is made and how it is proven. Example:

  kubemend generate --count 20 --seed 7 --prove --out generated/seven`,
  async run({ flags }) {
    if (flags.operators) return listOperators(flags.json)
    const { seed } = flags
    const [count, perWorld] = [wholeNumber('count', flags.count), wholeNumber('per-world', flags['per-world'])]
    const names = flags.operator.map(knownOperator)
    const split = splits.find((name) => name === flags.split)
    const faults = flags.faults === undefined ? undefined : Number(flags.faults)
    const out = path.resolve(flags.out)
    using interrupt = watchInterrupts({
      finishing: 'finishing the candidate under way',
      stopping: 'stopping now; the cluster is taken down',
    })
    const options: GenerateOptions = {
      count,
      seed,
      perWorld,
      out,
      ...(split === undefined ? {} : { split }),
      ...(names.length === 0 ? {} : { operators: names }),
      ...(faults === undefined ? {} : { faults }),
      compose: {
        seed,
        perWorld,
        ...(split === undefined ? {} : { split }),
        ...(names.length === 0 ? {} : { isWanted: ({ name, kind }) => names.includes(name) || names.includes(kind) }),
        ...(faults === undefined ? {} : { faults }),
      },
      verifiers,
      say,
      ...(flags.prove ? { proof: await prepareProof(flags.cluster, interrupt) } : {}),
    }
    const progress = await generateTasks(options)
    const summary = summarizeGeneration(progress.candidates, progress.worlds)
    await writeAtomically(path.join(out, 'report.json'), `${JSON.stringify(summary, undefined, 2)}\n`)
    if (flags.json) printJson({ summary, dir: out, candidates: progress.candidates })
    else printSummary(summary, out, flags.prove)
    if (interrupt.drain.aborted) throw new InputError(['interrupted; the same command goes on'])
    return summary.accepted >= count ? 0 : 1
  },
})

async function prepareProof(cluster: string, interrupt: Interrupts): Promise<NonNullable<GenerateOptions['proof']>> {
  const provider = await loadProvider(cluster, {})
  await provider.removeLeftovers()
  await removeDeadScratch()
  const programs = await ensureTrialPrograms()
  const quiet = { trialStarted: nothing, trialPhase: nothing, trialEnded: nothing, trialBroke: nothing }
  return {
    provider,
    verifiers,
    programs,
    kubemend: version,
    drain: interrupt.drain,
    stop: interrupt.stop,
    reporter: () => quiet,
  }
}

function nothing(): void {
  // trials of candidates are told of when the candidate is decided
}

function listOperators(isJson: boolean): number {
  const rows = operators.map(({ name, kind, cause, needs, unsafeFamily }) => ({
    name,
    kind,
    cause,
    needs,
    unsafeFamily,
  }))
  if (isJson) printJson({ operators: rows })
  else
    print(
      table(
        ['KIND', 'OPERATOR', 'WHAT HAPPENED'],
        rows.map(({ kind, name, cause }) => [kind, name, cause]),
      ),
    )
  return 0
}

function printSummary(summary: GenerationSummary, out: string, isProving: boolean): void {
  const { candidates, accepted, refused, splits: parts, difficulties, proving, operators: struck } = summary
  const counts = (map: Record<string, number>): string =>
    Object.entries(map)
      .toSorted(([, a], [, b]) => b - a)
      .map(([word, number]) => `${number} ${word}`)
      .join(', ') || 'none'
  print(
    `${accepted} of ${candidates} candidates ${isProving ? 'proven' : 'drafted, nothing proven'} (yield ${(100 * summary.yield).toFixed(0)} %)`,
  )
  print(`refused: ${counts(refused)}`)
  print(`parts: ${counts(parts)}`)
  print(`difficulty: ${counts(difficulties)}`)
  if (proving) {
    const { cpuSecondsPerProven, wallSecondsPerProven, clusters, trials, resets, failedResets, tenThousand } = proving
    print(`operators proven: ${struck.proven} of ${struck.of}, of ${struck.kindsProven} of ${struck.kindsOf} kinds`)
    print(
      `${trials} trials on ${clusters} clusters; worlds put back ${resets} times, and ${failedResets} times in vain`,
    )
    print(
      `a proven task: ${cpuSecondsPerProven} CPU s, ${wallSecondsPerProven} s; ten thousand: ${tenThousand.cpuHours} CPU h, ${tenThousand.wallHours} h`,
    )
  }
  print(out)
}

function knownOperator(name: string): string {
  if (operators.some((operator) => operator.name === name || operator.kind === name)) return name
  throw new InputError([`--operator ${name}: expected an operator or a kind; kubemend generate --operators lists them`])
}
