import path from 'node:path'
import { datasetFile, digestDataset, readDataset, taskFolders, type DatasetToml } from './dataset.ts'
import type { Digest } from './digest.ts'
import { tryLoadTask, type LoadOptions } from './load-task.ts'
import { throwProblems } from './problem.ts'
import type { Task } from './task.ts'

/** A dataset with all of its tasks. */
export interface Dataset {
  /** `kubemend/core`. */
  name: string
  version: string | undefined
  dir: string
  /** Harbor's hash of the dataset as its dataset.toml pins it. */
  digest: Digest
  tasks: Task[]
  toml: DatasetToml
  /** Tasks that are not what dataset.toml says they are: changed since, or not in it. */
  unpinned: Task[]
}

/** A dataset folder, read as a whole; everything wrong with any of its tasks is one `InputError`. */
export async function loadDataset(dir: string, options: LoadOptions = {}): Promise<Dataset> {
  const { dataset, problems } = await readDataset(dir)
  const tasks: Task[] = []
  for (const folder of await taskFolders(dir)) {
    const loaded = await tryLoadTask(folder, options)
    problems.push(...loaded.problems)
    if (loaded.task) tasks.push(loaded.task)
  }
  const names = new Set(tasks.flatMap(({ name, dir: folder }) => [name, path.basename(folder)]))
  for (const [index, { name }] of (dataset?.tasks ?? []).entries()) {
    if (names.has(name) || problems.length > 0) continue
    problems.push({
      file: path.join(dir, datasetFile),
      at: `tasks[${index}]`,
      message: `there is no task ${name} in the folder`,
    })
  }
  if (!dataset || problems.length > 0) throwProblems(problems)
  const pinned = new Map(dataset.tasks.map((task) => [task.name, task.digest]))
  return {
    name: dataset.dataset.name,
    version: dataset.dataset.version,
    dir: path.resolve(dir),
    digest: digestDataset(dataset),
    tasks,
    toml: dataset,
    unpinned: tasks.filter(({ name, digest }) => pinned.get(name) !== digest),
  }
}
