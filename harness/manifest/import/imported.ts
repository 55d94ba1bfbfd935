import type { GeneratedTask } from '../generate/generate-dataset.ts'
import { splitTasks } from '../generate/split-tasks.ts'

/** Tasks made of somebody else's dataset, and what of it makes none. */
export interface Imported {
  tasks: GeneratedTask[]
  left: { name: string; because: string }[]
}

/** Puts imported tasks into the two halves of the split, as our own are. */
export function splitImported({ tasks, left }: Imported): Imported {
  return { tasks: splitTasks(tasks), left }
}

/** How much there is to write, for want of anybody's word on how hard it is. */
export function levelOf(reference: string): GeneratedTask['level'] {
  const lines = reference.split('\n').filter((line) => line.trim() !== '').length
  return lines <= 15 ? 'basic' : lines <= 40 ? 'intermediate' : 'advanced'
}

/** Answers that are wrong whatever was asked for. */
export function plainMistakes(reference: string): GeneratedTask['wrong'] {
  return [
    { name: 'wrong-1', fails: 'extract', because: 'is empty', text: '' },
    {
      name: 'wrong-2',
      fails: 'L1',
      because: 'has a bracket that is never closed',
      text: `${reference}\nextra: [1, 2\n`,
    },
    {
      name: 'wrong-3',
      fails: 'L2',
      because: 'has a field that the API does not know',
      text: reference.replace(/^metadata:[ \t]*(#.*)?\n([ \t]+)/m, 'metadata:\n$2labells: {}\n$2'),
    },
  ]
}
