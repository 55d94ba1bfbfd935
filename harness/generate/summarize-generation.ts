import { operators } from './operators/operators.ts'
import type { CandidateLine, WorldLine } from './progress.ts'

/** What a generation came to: its yield, why candidates were refused, and what a proven task costs. */
export interface GenerationSummary {
  candidates: number
  accepted: number
  /** Accepted of all candidates, from 0 to 1. */
  yield: number
  refused: Record<string, number>
  splits: Record<string, number>
  difficulties: Record<string, number>
  operators: { proven: number; of: number; kindsProven: number; kindsOf: number; missing: string[] }
  /** Of those that went to a cluster. */
  proving?: {
    candidates: number
    proven: number
    trials: number
    worlds: number
    clusters: number
    resets: number
    failedResets: number
    wallSeconds: number
    cpuSeconds: number
    cpuSecondsPerProven: number
    wallSecondsPerProven: number
    /** The same for ten thousand proven tasks, on one machine that does nothing else. */
    tenThousand: { cpuHours: number; wallHours: number }
  }
}

export function summarizeGeneration(lines: readonly CandidateLine[], worlds: readonly WorldLine[]): GenerationSummary {
  const accepted = lines.filter(({ verdict }) => verdict !== 'refused')
  const proven = lines.filter(({ verdict }) => verdict === 'proven')
  const names = new Set(proven.flatMap((line) => line.operators))
  const struck = operators.filter(({ name }) => names.has(name))
  const tried = lines.filter(({ probes }) => probes !== undefined)
  return {
    candidates: lines.length,
    accepted: accepted.length,
    yield: lines.length === 0 ? 0 : round(accepted.length / lines.length, 3),
    refused: countBy(lines.flatMap(({ verdict, reason }) => (verdict === 'refused' ? [reason ?? 'unknown'] : []))),
    splits: countBy(accepted.flatMap(({ split }) => split ?? [])),
    difficulties: countBy(accepted.flatMap(({ difficulty }) => difficulty ?? [])),
    operators: {
      proven: struck.length,
      of: operators.length,
      kindsProven: new Set(struck.map(({ kind }) => kind)).size,
      kindsOf: new Set(operators.map(({ kind }) => kind)).size,
      missing: operators.filter(({ name }) => !names.has(name)).map(({ name }) => name),
    },
    ...(tried.length === 0 ? {} : { proving: summarizeProving(tried, proven.length, worlds) }),
  }
}

function summarizeProving(
  tried: readonly CandidateLine[],
  proven: number,
  worlds: readonly WorldLine[],
): NonNullable<GenerationSummary['proving']> {
  const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0)
  const cpuSeconds = sum(worlds.map(({ cpuMs }) => cpuMs)) / 1000
  const wallSeconds = sum(worlds.map(({ wallMs }) => wallMs)) / 1000
  const each = (seconds: number): number => (proven === 0 ? 0 : seconds / proven)
  return {
    candidates: tried.length,
    proven,
    trials: sum(tried.map(({ probes }) => probes?.length ?? 0)),
    worlds: worlds.length,
    clusters: sum(worlds.map(({ clusters }) => clusters)),
    resets: sum(worlds.map(({ resets }) => resets)),
    failedResets: sum(worlds.map(({ failedResets }) => failedResets)),
    wallSeconds: round(wallSeconds, 1),
    cpuSeconds: round(cpuSeconds, 1),
    cpuSecondsPerProven: round(each(cpuSeconds), 1),
    wallSecondsPerProven: round(each(wallSeconds), 1),
    tenThousand: {
      cpuHours: round((each(cpuSeconds) * 10_000) / 3600, 1),
      wallHours: round((each(wallSeconds) * 10_000) / 3600, 1),
    },
  }
}

function round(value: number, digits: number): number {
  return Math.round(value * 10 ** digits) / 10 ** digits
}

function countBy(words: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1
  return counts
}
