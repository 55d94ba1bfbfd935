import path from 'node:path'
import type { Problem } from '../task/problem.ts'
import type { Task } from '../task/task.ts'

/** What a task.toml asks for that nobody gets here. */
export function problemsOfToml({ toml, dir }: Task, where: 'cluster' | 'containers'): Problem[] {
  const problems: Problem[] = []
  const at = (field: string, message: string): void =>
    void problems.push({ file: path.join(dir, 'task.toml'), at: field, message })
  if (toml.environment.os === 'windows') at('environment.os', 'tasks for Windows do not run here')
  if ((toml.environment.gpus ?? 0) > 0)
    at('environment.gpus', `there are no GPUs here, and the task asks for ${toml.environment.gpus}`)
  if (toml.environment.mcp_servers.length > 0) {
    at(
      'environment.mcp_servers',
      "the agent gets our gateway and nothing else; the task's own MCP servers do not run here",
    )
  }
  if (where === 'containers') return problems
  const verifiers = [
    { field: 'verifier', verifier: toml.verifier },
    ...toml.steps.map(({ verifier }, i) => ({ field: `steps[${i}].verifier`, verifier })),
  ]
  for (const { field, verifier } of verifiers) {
    const { environment_mode: mode, environment, collect } = verifier
    if ((mode ?? (environment ? 'separate' : 'shared')) === 'separate') {
      at(
        `${field}.environment_mode`,
        'a verifier with an environment of its own does not run here yet, where the task has a cluster',
      )
    }
    if (collect.length > 0) at(`${field}.collect`, 'collect hooks do not run here yet, where the task has a cluster')
  }
  return problems
}
