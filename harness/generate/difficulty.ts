import type { Difficulty } from '../task/kubemend-metadata.ts'
import type { Candidate } from './compose.ts'

/**
 * How hard a candidate should be, from what it is made of: two points for each fault, one for each step between where it
 * is seen and where it lies (of the farthest fault), one for each fault that hides or blocks another, half a point for
 * each odd thing that has nothing to do with it.
 */
export function difficultyOf({ faults, dependencies, world }: Candidate): { points: number; difficulty: Difficulty } {
  const hops = Math.max(...faults.map((fault) => fault.hops))
  const points = 2 * faults.length + hops + dependencies.length + world.distractors.length / 2
  return { points, difficulty: points < 5 ? 'easy' : points < 8 ? 'medium' : 'hard' }
}
