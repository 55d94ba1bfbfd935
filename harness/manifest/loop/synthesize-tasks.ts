import type { ManifestSpec } from '../../task/manifest-spec.ts'
import { canonicalShape } from '../canonical.ts'
import { createDice } from '../generate/dice.ts'
import { createNames, pickApp, type Level } from '../generate/draft.ts'
import { finishTask, modelFor, type GeneratedTask } from '../generate/generate-dataset.ts'
import { leavesOfTask, nearDuplicate, similarityOf } from '../generate/split-tasks.ts'
import { isObject, parseAnswer } from '../parse-answer.ts'
import { findWeakSpots, type JudgedAnswer, type WeakSpot } from '../summarize-funnel.ts'

/** A task as far as new ones must differ from it. */
export type KnownTask = Pick<GeneratedTask, 'split' | 'reference'> & { spec: ManifestSpec }

export interface Synthesis {
  tasks: GeneratedTask[]
  /** What was practised, how many tasks each. */
  spots: (WeakSpot & { made: number })[]
  /** Spots of kinds that no model invents requests for. */
  withoutModel: WeakSpot[]
  /** Failures on tasks that are held out: they steer nothing. */
  heldOut: number
  /** Drafts that were thrown away because they are nearly a task that is held out. */
  tooNear: number
}

/**
 * Invents tasks against the weak spots of answers: as many for each as its share of the failures. Nothing of a held-out
 * task comes in: its failures do not count, and what is nearly the same as one is thrown away.
 */
export function synthesizeTasks(
  answers: readonly JudgedAnswer[],
  known: readonly KnownTask[],
  options: { count: number; seed: string },
): Synthesis {
  const failed = answers.filter(({ failedAt }) => failedAt !== undefined)
  const all = findWeakSpots(failed.filter(({ split }) => split !== 'test'))
  const spots = all.filter(({ operation, kind }) => modelFor(operation, kind) !== undefined)
  const shares = shareOut(
    options.count,
    spots.map(({ tasks }) => tasks.length),
  )
  const shapes = new Set(known.map(shapeOf))
  const heldOutLeaves = known.filter(({ split }) => split === 'test').map((task) => leavesOfTask(task))
  const names = createNames(known.flatMap(({ spec }) => spec.namespace ?? []))
  const result: Synthesis = {
    tasks: [],
    spots: [],
    withoutModel: all.filter((spot) => !spots.includes(spot)),
    heldOut: failed.filter(({ split }) => split === 'test').length,
    tooNear: 0,
  }
  for (const [i, spot] of spots.entries()) {
    const wanted = shares[i] ?? 0
    let made = 0
    // a kind may have few shapes; what is left after many tries is fewer tasks, not the same ones again
    for (let n = 1; made < wanted && n <= wanted * 20; n++) {
      const task = inventFor(spot, `${options.seed} ${i} ${n}`, result.tasks.length + 1, names)
      const shape = task && shapeOf(task)
      if (!task || shape === undefined || shapes.has(shape)) continue
      const leaves = leavesOfTask(task)
      if (heldOutLeaves.some((other) => similarityOf(leaves, other) > nearDuplicate)) {
        result.tooNear++
        continue
      }
      shapes.add(shape)
      result.tasks.push(task)
      made++
    }
    if (made > 0) result.spots.push({ ...spot, made })
  }
  return result
}

function inventFor(
  { operation, kind, level, stage }: WeakSpot,
  seed: string,
  number: number,
  names: ReturnType<typeof createNames>,
): GeneratedTask | undefined {
  const known = modelFor(operation, kind)
  if (!known) return undefined
  const { category, model } = known
  const dice = createDice(`${category} ${level} ${seed}`)
  const { team, namespace } = names.namespace(dice)
  const draft = model({ dice, level: level as Level, team, namespace, app: pickApp(dice) })
  const name = `${category}-${level}-loop-${String(number).padStart(3, '0')}`
  return finishTask({ name, category, level: level as Level, draft, dice, prefers: [stage] })
}

function shapeOf({ reference, spec }: KnownTask): string {
  return canonicalShape(parseAnswer(reference).documents.filter(isObject)) + JSON.stringify(spec.query ?? '')
}

/** Shares out a number: one each while there are, the first ones first, and the rest in proportion. */
export function shareOut(count: number, parts: readonly number[]): number[] {
  const shares = parts.map((_, i) => Number(i < count))
  const rest = count - shares.reduce((sum, share) => sum + share, 0)
  const total = parts.reduce((sum, part) => sum + part, 0)
  const exact = parts.map((part) => (total === 0 ? 0 : (rest * part) / total))
  let left = rest
  for (const [i, value] of exact.entries()) {
    shares[i] = (shares[i] ?? 0) + Math.floor(value)
    left -= Math.floor(value)
  }
  const byRemainder = [...exact.keys()].toSorted(
    (a, b) => (exact[b] ?? 0) - Math.floor(exact[b] ?? 0) - ((exact[a] ?? 0) - Math.floor(exact[a] ?? 0)) || a - b,
  )
  for (const i of byRemainder.slice(0, left)) shares[i] = (shares[i] ?? 0) + 1
  return shares
}
