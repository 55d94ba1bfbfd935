import { canonicalShape } from '../canonical.ts'
import { isObject, parseAnswer } from '../parse-answer.ts'
import { createDice } from './dice.ts'
import type { GeneratedTask } from './generate-dataset.ts'

/** Answers that share more than this of their leaves, names aside, are near-duplicates. */
export const nearDuplicate = 0.85
const testShare = 0.2

/** Puts every task into one half of a fixed split; near-duplicates always into the same. */
export function splitTasks(tasks: readonly GeneratedTask[]): GeneratedTask[] {
  const groups = groupNearDuplicates(tasks)
  const perCategory = new Map<string, { all: number; test: number }>()
  const split = new Map<GeneratedTask, 'train' | 'test'>()
  const ordered = groups.toSorted((a, b) => b.length - a.length || order(a) - order(b))
  for (const group of ordered) {
    const category = `${group[0]?.category} ${group[0]?.level}`
    const counts = perCategory.get(category) ?? {
      all: tasks.filter((task) => `${task.category} ${task.level}` === category).length,
      test: 0,
    }
    perCategory.set(category, counts)
    const isTest = counts.test + group.length <= Math.round(counts.all * testShare)
    if (isTest) counts.test += group.length
    for (const task of group) split.set(task, isTest ? 'test' : 'train')
  }
  return tasks.map((task) => ({ ...task, split: split.get(task) ?? 'train' }))
}

function order(group: readonly GeneratedTask[]): number {
  return createDice(group[0]?.name ?? '').roll(1_000_000)
}

/** How much two tasks' answers share, from 0 to 1, whatever the names in them. */
export function similarityOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let common = 0
  for (const leaf of a) if (b.has(leaf)) common++
  return common / (a.size + b.size - common || 1)
}

/** The leaves of a task's answer, names replaced, with what is asked of it. */
export function leavesOfTask(task: Pick<GeneratedTask, 'reference' | 'spec'>): Set<string> {
  const objects = parseAnswer(task.reference).documents.filter(isObject)
  const leaves = new Set<string>()
  const walk = (value: unknown, at: string): void => {
    if (typeof value !== 'object' || value === null) leaves.add(`${at}=${String(value)}`)
    else for (const [key, inner] of Object.entries(value)) walk(inner, `${at}/${Array.isArray(value) ? '' : key}`)
  }
  for (const line of canonicalShape(objects).split('\n')) if (line !== '') walk(JSON.parse(line), '')
  walk({ query: task.spec.query ?? '', answer: objects.length === 0 ? task.reference : '' }, '')
  return leaves
}

function groupNearDuplicates(tasks: readonly GeneratedTask[]): GeneratedTask[][] {
  const leaves = tasks.map(leavesOfTask)
  const parent = tasks.map((_, i) => i)
  const find = (i: number): number => (parent[i] === i ? i : find(parent[i] ?? i))
  for (let i = 0; i < tasks.length; i++) {
    for (let j = 0; j < i; j++) {
      const [a, b] = [leaves[i] ?? new Set<string>(), leaves[j] ?? new Set<string>()]
      const isPossible = Math.min(a.size, b.size) / Math.max(a.size, b.size) > nearDuplicate
      if (isPossible && find(i) !== find(j) && similarityOf(a, b) > nearDuplicate) parent[find(i)] = find(j)
    }
  }
  return [...Map.groupBy(tasks.keys(), find).values()].map((group) => group.map((i) => tasks[i] as GeneratedTask))
}
