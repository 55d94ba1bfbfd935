import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { packageRoot } from '../base/package-root.ts'
import { readCompactTasks } from './compact-dataset.ts'
import { datasetFile, readDataset } from './dataset.ts'
import { tryLoadTask, type LoadOptions } from './load-task.ts'
import { isFile, isFolder } from './path-kind.ts'
import { throwProblems, type Problem } from './problem.ts'
import type { Difficulty } from './kubemend-metadata.ts'
import type { Task } from './task.ts'

/** Which tasks are meant. Within one list any entry will do; of several lists, all must agree. */
export interface Selection {
  /** Task folders, dataset folders, folders of datasets, or ids such as `core/checkout`; the tasks that come along when empty. */
  paths?: readonly string[]
  /** Globs over the folder's name or the id: `checkout-*`, `core/*`. */
  names?: readonly string[]
  difficulties?: readonly Difficulty[]
  tags?: readonly string[]
}

export interface FoundTasks {
  tasks: Task[]
  /** Of tasks that are broken or that should be there and are not; none of them is in `tasks`. */
  problems: Problem[]
}

/** Finds and reads tasks. A broken one is never left out in silence: it is among the problems. */
export async function findTasks(selection: Selection, options: LoadOptions = {}): Promise<FoundTasks> {
  const problems: Problem[] = []
  const found: { dir: string; isNamed: boolean }[] = []
  const datasets: string[] = []
  const paths = selection.paths?.length ? selection.paths : [path.join(packageRoot, 'tasks')]
  for (const given of paths) {
    const place = await resolvePath(given)
    if (place === undefined) problems.push({ file: given, message: 'there is no such task or folder' })
    else if (await looksLikeTask(place)) found.push({ dir: place, isNamed: true })
    else {
      const before = found.length
      found.push(...(await tasksBelow(place, problems, datasets, maxDepth)).map((dir) => ({ dir, isNamed: false })))
      if (found.length === before && problems.length === 0)
        problems.push({ file: place, message: 'there are no tasks in it' })
    }
  }
  const isNamed = new Map<string, boolean>()
  for (const { dir, isNamed: named } of found) isNamed.set(dir, named || isNamed.get(dir) === true)
  const tasks: Task[] = []
  const names = new Set<string>()
  for (const [dir, named] of isNamed) {
    if (!matchesName(dir, selection.names)) continue
    const loaded = await tryLoadTask(dir, options)
    problems.push(...loaded.problems)
    names.add(loaded.task?.name ?? '').add(path.basename(dir))
    if (loaded.task && isSelected(loaded.task, selection, named)) tasks.push(loaded.task)
  }
  const isWhole = !selection.names || selection.names.length === 0
  for (const dir of datasets) problems.push(...(await datasetProblems(dir, isWhole ? names : undefined)))
  return { tasks: tasks.toSorted((a, b) => (a.id < b.id ? -1 : 1)), problems }
}

/** The selected tasks; any problem with any of them, or that there are none, is an `InputError`. */
export async function selectTasks(selection: Selection, options: LoadOptions = {}): Promise<Task[]> {
  const { tasks, problems } = await findTasks(selection, options)
  if (problems.length > 0) throwProblems(problems)
  if (tasks.length === 0)
    throwProblems([{ file: selection.paths?.join(' ') || 'tasks', message: 'no task is selected' }])
  return tasks
}

/** Folders of folders of tasks are looked through this deep. */
const maxDepth = 3

/** A path as given, or an id of a task or dataset that comes along. */
async function resolvePath(given: string): Promise<string | undefined> {
  for (const place of [path.resolve(given), path.join(packageRoot, 'tasks', given)]) {
    if (await isFolder(place)) return place
    if (await isCompactTask(place)) return place
    if (path.basename(place) === 'task.toml' && (await isFile(place))) return path.dirname(place)
  }
  return undefined
}

/** A folder that somebody meant as a task, however broken. */
async function looksLikeTask(dir: string): Promise<boolean> {
  if (await isCompactTask(dir)) return true
  const signs = await Promise.all([
    isFile(path.join(dir, 'task.toml')),
    isFile(path.join(dir, 'instruction.md')),
    isFolder(path.join(dir, 'environment')),
  ])
  return signs.includes(true)
}

/** Whether a path is that of a task which lies with others in one file. */
async function isCompactTask(place: string): Promise<boolean> {
  return (await readCompactTasks(path.dirname(place)))?.tasks.has(path.basename(place)) === true
}

async function tasksBelow(dir: string, problems: Problem[], datasets: string[], depth: number): Promise<string[]> {
  const hasManifest = await isFile(path.join(dir, 'dataset.toml'))
  if (hasManifest) datasets.push(dir)
  const entries = await readdir(dir, { withFileTypes: true })
  const compact = await readCompactTasks(dir)
  problems.push(...(compact?.problems ?? []))
  const below: string[] = [...(compact?.tasks.keys() ?? [])].map((name) => path.join(dir, name))
  for (const entry of entries) {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') continue
    const place = path.join(dir, entry.name)
    if (!(await isFolder(place))) continue
    if (await looksLikeTask(place)) below.push(place)
    else if (hasManifest) problems.push({ file: place, message: 'expected a task: there is no task.toml in it' })
    else if (depth > 1) below.push(...(await tasksBelow(place, problems, datasets, depth - 1)))
  }
  return below.toSorted()
}

/** What is wrong with a dataset.toml; given the names of all tasks found, also which listed ones are not there. */
async function datasetProblems(dir: string, names: ReadonlySet<string> | undefined): Promise<Problem[]> {
  const { dataset, problems } = await readDataset(dir)
  const gone = (dataset?.tasks ?? []).flatMap(({ name }, index): Problem[] => {
    if (!names || names.has(name) || names.has(name.split('/')[1] ?? '')) return []
    const message = `there is no task ${name} in the folder; \`kubemend dataset digest\` writes the list anew`
    return [{ file: path.join(dir, datasetFile), at: `tasks[${index}]`, message }]
  })
  return [...problems, ...gone]
}

function matchesName(dir: string, globs: readonly string[] | undefined): boolean {
  if (!globs || globs.length === 0) return true
  const name = path.basename(dir)
  const names = [name, `${path.basename(path.dirname(dir))}/${name}`]
  return globs.some((glob) => names.some((one) => path.matchesGlob(one, glob)))
}

function isSelected(task: Task, selection: Selection, isNamed: boolean): boolean {
  const { difficulties = [], tags = [] } = selection
  if (task.metadata?.stability === 'retired' && !isNamed) return false
  if (difficulties.length > 0 && (!task.difficulty || !difficulties.includes(task.difficulty))) return false
  return tags.length === 0 || tags.some((tag) => task.tags.includes(tag))
}
