import { mkdir, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { InputError } from '../../base/errors.ts'
import { digestTask } from '../../task/digest.ts'
import type { Task } from '../../task/task.ts'
import { exportTask, type ExportParts } from './export-task.ts'
import { renderToml } from './render-toml.ts'

/** Writes tasks as a dataset of Harbor's, into a folder that is empty or not there. */
export async function exportDataset(tasks: readonly Task[], dir: string, parts: ExportParts): Promise<void> {
  const problems = tasks.flatMap((task) => whyNot(task) ?? [])
  if ((await readdir(dir).catch(() => [])).length > 0) problems.push(`${dir}: expected a folder that is empty`)
  const names = tasks.map((task) => path.basename(task.dir))
  for (const name of new Set(names.filter((one, i) => names.indexOf(one) !== i)))
    problems.push(`${name}: there are two tasks whose folder is called so`)
  if (problems.length > 0) throw new InputError(problems)
  await mkdir(dir, { recursive: true })
  const pins: { name: string; digest: string }[] = []
  for (const task of tasks) {
    const folder = path.join(dir, path.basename(task.dir))
    await exportTask(task, folder, parts)
    pins.push({ name: task.name, digest: await digestTask(folder) })
  }
  const dataset = { name: `kubemend/${path.basename(path.resolve(dir))}`, description: 'Kubernetes repair tasks' }
  await writeFile(path.join(dir, 'dataset.toml'), renderToml({ dataset, tasks: pins }))
  await writeFile(path.join(dir, 'README.md'), readme(parts.kubemend, tasks.length))
}

/** What keeps a task from being one of Harbor's. */
function whyNot(task: Task): string | undefined {
  if (task.kind === 'harbor') return `${task.id}: somebody else's Harbor task is one already`
  if (task.kind === 'manifest') return `${task.id}: a task that wants one answer has no cluster for Harbor to run`
  if (!task.contract)
    return `${task.id}: a script of its own judges it; what it needs in a verifier's image is not known`
  return undefined
}

function readme(version: string, count: number): string {
  return `# ${count} repair tasks for Harbor

Exported by kubemend ${version}. Every folder is a whole task: \`harbor run -p . -e docker -a oracle\`.

- It takes Docker with Compose on Linux, and privileged containers: the cluster is one container, \`kubemend\`. Its image is built
  once for each task and downloads what it needs while it is built; a trial needs no network.
- The agent works in \`main\`. Its only way to the cluster is the MCP server \`kubernetes\`; an agent without MCP cannot repair anything.
- When the agent is done, the cluster's container judges, Harbor fetches the evidence, and the verifier, in an image of its own,
  checks that the evidence is whole, judges it again and writes the reward.
`
}
