import path from 'node:path'
import { loadCompactTask } from './compact-dataset.ts'
import type { VerifierParams } from './contract.ts'
import { throwProblems, type Problem } from './problem.ts'
import { readTask } from './read-task.ts'
import type { Task } from './task.ts'

export interface LoadOptions {
  /** The verifiers that contracts may name; without them only the shape of contracts is checked. */
  verifiers?: VerifierParams
  /** For tasks that lie where nobody is to find their solution. */
  mayLackSolution?: boolean
}

/** A task folder, read and checked as a whole; everything wrong with it is one `InputError`. */
export async function loadTask(dir: string, options: LoadOptions = {}): Promise<Task> {
  const { task, problems } = await tryLoadTask(dir, options)
  return task ?? throwProblems(problems)
}

/** A task folder, or everything that is wrong with it. */
export async function tryLoadTask(
  dir: string,
  options: LoadOptions = {},
): Promise<{ task: Task; problems: [] } | { task?: undefined; problems: Problem[] }> {
  const problems: Problem[] = []
  const compact = await loadCompactTask(path.resolve(dir))
  if (compact) return { task: compact, problems: [] }
  const task = await readTask({ dir: path.resolve(dir), problems }, options)
  return task === undefined || problems.length > 0 ? { problems } : { task, problems: [] }
}
