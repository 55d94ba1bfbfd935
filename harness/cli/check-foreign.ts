import { imageProblems } from '../../environments/images/ensure-images.ts'
import { isForeign, planForeign } from '../harbor/foreign-plan.ts'
import { InputError } from '../base/errors.ts'
import { formatProblem } from '../task/problem.ts'
import type { Task } from '../task/task.ts'

/**
 * Whether tasks that somebody else wrote can run here: everything that cannot be mapped, and every image that is neither
 * pulled nor made, is named before anything is started.
 */
export async function checkForeign(tasks: readonly Task[], absentImages: readonly string[]): Promise<void> {
  const problems: string[] = []
  for (const task of tasks.filter(isForeign)) {
    const found = await planForeign(task)
    problems.push(...found.problems.map(formatProblem))
    const images = (found.plan?.images ?? []).filter((image) => !absentImages.includes(image))
    problems.push(...(await imageProblems(images)).map((problem) => `${task.name}: ${problem}`))
  }
  if (problems.length === 0) return
  const isImage = problems.some((problem) => problem.includes(': image '))
  throw new InputError(
    problems,
    isImage ? { hint: 'an image whose absence is the fault is named with --absent-image' } : {},
  )
}
