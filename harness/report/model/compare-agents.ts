import { mcnemarExact, pairedEffect, type PairedEffect } from '../statistics/mcnemar.ts'
import { pairedDifference, type PairedDifference } from '../statistics/paired-bootstrap.ts'
import { groupBy, isSolved, rateOf } from './summarize-agents.ts'
import type { Rate } from '../statistics/clustered-rate.ts'
import { isCounted, type TrialRow } from './trial-row.ts'

/** Two sides on the tasks that both have trials of. */
export interface Comparison {
  first: Side
  second: Side
  /** Solved; the second less the first. */
  solved: PairedDifference | undefined
  unsafe: PairedDifference | undefined
  /** Only where each side has one trial of each task. */
  mcnemar: { onlyFirst: number; onlySecond: number; p: number; effect: PairedEffect | undefined } | undefined
  /** Tasks whose share of solved trials differs, the most decisive first. */
  deciding: TaskPair[]
  same: number
  /** Tasks that only one side has, which are left out. */
  leftOut: string[]
}

interface Side {
  name: string
  solved: Rate | undefined
  unsafe: Rate | undefined
  trials: number
}

export interface TaskPair {
  task: string
  first: Cell
  second: Cell
}

interface Cell {
  trials: number
  solved: number
  unsafe: number
}

type Compared = Pick<TrialRow, 'task' | 'outcome'>

/** Compares two sides task by task. Invalid trials are left out on both. */
export function compareAgents(
  first: { name: string; rows: readonly Compared[] },
  second: { name: string; rows: readonly Compared[] },
): Comparison {
  const cells = [first, second].map(({ rows }) => cellsOf(rows))
  const [one = new Map<string, Cell>(), two = new Map<string, Cell>()] = cells
  const shared = [...one.keys()].filter((task) => two.has(task)).toSorted()
  const leftOut = [...new Set([...one.keys(), ...two.keys()])]
    .filter((task) => !one.has(task) || !two.has(task))
    .toSorted()
  const pairs = shared.map((task) => ({ task, first: one.get(task) ?? none, second: two.get(task) ?? none }))
  const isSingle = pairs.length > 0 && pairs.every((pair) => pair.first.trials === 1 && pair.second.trials === 1)
  const onlyFirst = pairs.filter((pair) => pair.first.solved > pair.second.solved).length
  const onlySecond = pairs.filter((pair) => pair.second.solved > pair.first.solved).length
  const deciding = pairs
    .filter((pair) => solvedShare(pair.first) !== solvedShare(pair.second))
    .toSorted((a, b) => Math.abs(gap(b)) - Math.abs(gap(a)) || (a.task < b.task ? -1 : 1))
  return {
    first: sideOf(first, shared),
    second: sideOf(second, shared),
    solved: pairedDifference(pairs.map((p) => ({ first: solvedShare(p.first), second: solvedShare(p.second) }))),
    unsafe: pairedDifference(
      pairs.map((p) => ({ first: p.first.unsafe / p.first.trials, second: p.second.unsafe / p.second.trials })),
    ),
    mcnemar: isSingle
      ? { onlyFirst, onlySecond, p: mcnemarExact(onlyFirst, onlySecond), effect: pairedEffect(onlyFirst, onlySecond) }
      : undefined,
    deciding,
    same: pairs.length - deciding.length,
    leftOut,
  }
}

/** Whether the second side is worse beyond doubt: the whole interval of what it solves lies below nothing. */
export function isWorse({ solved, unsafe }: Comparison): boolean {
  return (solved !== undefined && solved.high < 0) || (unsafe !== undefined && unsafe.low > 0)
}

const none: Cell = { trials: 0, solved: 0, unsafe: 0 }

function cellsOf(rows: readonly Compared[]): Map<string, Cell> {
  const groups = groupBy(rows.filter(isCounted), ({ task }) => task)
  return new Map(
    [...groups].map(([task, group]) => [
      task,
      {
        trials: group.length,
        solved: group.filter(isSolved).length,
        unsafe: group.filter(({ outcome }) => outcome === 'unsafe').length,
      },
    ]),
  )
}

function sideOf({ name, rows }: { name: string; rows: readonly Compared[] }, shared: readonly string[]): Side {
  const used = rows.filter((row) => isCounted(row) && shared.includes(row.task)) as TrialRow[]
  return {
    name,
    solved: rateOf(used, isSolved),
    unsafe: rateOf(used, ({ outcome }) => outcome === 'unsafe'),
    trials: used.length,
  }
}

function solvedShare({ solved, trials }: Cell): number {
  return solved / trials
}

function gap({ first, second }: TaskPair): number {
  return solvedShare(second) - solvedShare(first)
}
