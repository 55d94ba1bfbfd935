import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { KubemendError } from '../base/errors.ts'
import { writeAtomically } from '../base/write-atomically.ts'
import { datasetFile, readDataset, taskFolders, type DatasetToml } from './dataset.ts'
import { tryLoadTask, type LoadOptions } from './load-task.ts'
import { isFile } from './path-kind.ts'
import { throwProblems, type Problem } from './problem.ts'
import type { Task } from './task.ts'
import { packageName, parseToml } from './task-toml.ts'

export interface PinResult {
  file: string
  /** Whether dataset.toml already said what it should. */
  isCurrent: boolean
  tasks: DatasetToml['tasks']
  /** What differs, one line each: `changed kubemend/checkout`. */
  changes: string[]
}

/** Writes the digest of every task of a folder into its dataset.toml, or only says what would change. */
export async function pinDataset(dir: string, options: LoadOptions & { isDryRun?: boolean } = {}): Promise<PinResult> {
  const file = path.join(dir, datasetFile)
  const tasks = await loadAll(dir, options)
  const isThere = await isFile(file)
  const read = isThere ? await readDataset(dir) : undefined
  if (read && read.problems.length > 0) throwProblems(read.problems)
  const before = isThere ? await readFile(file, 'utf8') : newDataset(dir, tasks)
  const pins = tasks.map(({ name, digest }) => ({ name, digest })).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  const files = await pinFiles(dir, read?.dataset?.files ?? [])
  const after = render(before, pins, files)
  const isCurrent = isThere && after === before.replaceAll('\r\n', '\n')
  if (!isCurrent && !options.isDryRun) await writeAtomically(file, after)
  return { file, isCurrent, tasks: pins, changes: describeChanges(read?.dataset?.tasks ?? [], pins) }
}

async function loadAll(dir: string, options: LoadOptions): Promise<Task[]> {
  const problems: Problem[] = []
  const tasks: Task[] = []
  for (const folder of await taskFolders(dir)) {
    const loaded = await tryLoadTask(folder, options)
    problems.push(...loaded.problems)
    if (!loaded.task) continue
    tasks.push(loaded.task)
    if (!packageName.safeParse(loaded.task.name).success) {
      const message = `expected a name such as acme/${path.basename(folder)}: dataset.toml lists tasks by it`
      problems.push({ file: path.join(folder, 'task.toml'), at: 'task.name', message })
    }
    const twin = tasks.find((task) => task !== loaded.task && task.name === loaded.task?.name)
    if (twin) {
      const message = `expected a name of its own, got that of ${path.basename(twin.dir)}`
      problems.push({ file: path.join(folder, 'task.toml'), at: 'task.name', message })
    }
  }
  if (tasks.length === 0 && problems.length === 0) problems.push({ file: dir, message: 'there are no tasks in it' })
  if (problems.length > 0) throwProblems(problems)
  return tasks
}

function newDataset(dir: string, tasks: readonly Task[]): string {
  const organisation = tasks[0]?.name.split('/')[0] ?? 'local'
  return `[dataset]\nname = "${organisation}/${path.basename(path.resolve(dir))}"\n`
}

async function pinFiles(dir: string, files: DatasetToml['files']): Promise<DatasetToml['files']> {
  return Promise.all(
    files.map(async ({ path: name }) => {
      const bytes = await readFile(path.join(dir, name)).catch(() => undefined)
      if (!bytes) throwProblems([{ file: path.join(dir, name), message: `missing; ${datasetFile} lists it` }])
      return { path: name, digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}` as const }
    }),
  )
}

/** Everything that is not about tasks and files stays as the author wrote it. */
function render(before: string, tasks: DatasetToml['tasks'], files: DatasetToml['files']): string {
  const blocks = before.replaceAll('\r\n', '\n').split(/^(?=\[)/m)
  const head = blocks
    .filter((block) => !/^\[\[(tasks|files)\]\]/.test(block))
    .join('')
    .trimEnd()
  const rows = [
    ...tasks.map(({ name, digest }) => `[[tasks]]\nname = "${name}"\ndigest = "${digest}"`),
    ...files.map((file) => `[[files]]\npath = ${JSON.stringify(file.path)}\ndigest = "${file.digest}"`),
  ]
  const text = `${[head, ...rows].join('\n\n')}\n`
  if (!isDeepStrictEqual(restOf(text), restOf(before))) {
    throw new KubemendError('dataset-not-editable', `${datasetFile} is written in a way that cannot be kept`, {
      hint: 'put [[tasks]] and [[files]] last, each on a line of its own',
    })
  }
  return text
}

function restOf(text: string): unknown {
  const document = parseToml(text)
  if ('problem' in document) return undefined
  const { tasks: _, files: __, ...rest } = document.value
  return rest
}

function describeChanges(before: DatasetToml['tasks'], after: DatasetToml['tasks']): string[] {
  const was = new Map(before.map(({ name, digest }) => [name, digest]))
  const is = new Set(after.map(({ name }) => name))
  return [
    ...after.flatMap(({ name, digest }) =>
      was.get(name) === digest ? [] : [`${was.has(name) ? 'changed' : 'added'} ${name}`],
    ),
    ...before.flatMap(({ name }) => (is.has(name) ? [] : [`removed ${name}`])),
  ]
}
