import path from 'node:path'
import type { Problem } from '../task/problem.ts'
import type { Task } from '../task/task.ts'

/** What a task.toml asks for that nobody gets here. */
export function problemsOfToml({ toml, dir }: Task): Problem[] {
  const problems: Problem[] = []
  const at = (field: string, message: string): void =>
    void problems.push({ file: path.join(dir, 'task.toml'), at: field, message })
  if (toml.environment.os === 'windows') at('environment.os', 'tasks for Windows do not run here')
  if ((toml.environment.gpus ?? 0) > 0)
    at('environment.gpus', `there are no GPUs here, and the task asks for ${toml.environment.gpus}`)
  return problems
}
