import { verifiers } from '../../../verifiers/library.ts'
import type { Difficulty } from '../../task/kubemend-metadata.ts'
import { findTasks } from '../../task/find-tasks.ts'
import { formatProblem, showPath } from '../../task/problem.ts'
import type { Task } from '../../task/task.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { print, printJson, say, table } from '../output.ts'

/** Which tasks are meant: the same flags wherever tasks are selected. */
export const selectionFlags = {
  difficulty: {
    type: 'string',
    isMultiple: true,
    choices: ['easy', 'medium', 'hard'],
    summary: 'only tasks of this difficulty',
  },
  tag: { type: 'string', isMultiple: true, value: 'TAG', summary: 'only tasks with this tag' },
  name: { type: 'string', isMultiple: true, value: 'GLOB', summary: 'only tasks whose name or id matches' },
} as const

export const list: Command = defineCommand({
  summary: 'Lists tasks, and everything that is wrong with those that are broken.',
  positionals: '[PATH...]',
  flags: { ...selectionFlags, json: jsonFlag },
  details:
    'PATH is a task, a dataset, a folder of datasets, or an id such as core/checkout; the tasks that come along by\n' +
    'default. Exit code 2 when any task is broken: none is ever left out in silence.',
  async run({ flags, positionals }) {
    const selection = {
      paths: positionals,
      names: flags.name,
      difficulties: flags.difficulty as Difficulty[],
      tags: flags.tag,
    }
    const { tasks, problems } = await findTasks(selection, { verifiers })
    const lines = problems.map(formatProblem)
    if (flags.json) printJson({ tasks: tasks.map(summarizeTask), ...(lines.length > 0 ? { problems: lines } : {}) })
    else if (tasks.length > 0) print(renderTable(tasks))
    for (const line of lines) say(`error: ${line}`)
    if (tasks.length === 0 && lines.length === 0) say('no task is selected')
    return lines.length > 0 ? 2 : 0
  },
})

export interface TaskSummary {
  id: string
  path: string
  dataset: string | null
  difficulty: string | null
  kind: string
}

function summarizeTask({ id, dir, dataset, difficulty, kind }: Task): TaskSummary {
  return { id, path: showPath(dir), dataset: dataset ?? null, difficulty: difficulty ?? null, kind }
}

function renderTable(tasks: readonly Task[]): string {
  const rows = tasks.map((task) => [
    task.id,
    task.kind,
    task.difficulty ?? '-',
    task.category ?? '-',
    task.toml.task?.description ?? '',
  ])
  return table(['TASK', 'KIND', 'DIFFICULTY', 'CATEGORY', 'STORY'], rows)
}
