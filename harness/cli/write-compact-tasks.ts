import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { InputError } from '../base/errors.ts'
import { compactEnding, readCompactTasks } from '../task/compact-dataset.ts'
import type { GeneratedTask } from '../manifest/generate/generate-dataset.ts'

/** Writes tasks as one file of a folder, one task a line, so that `kubemend run DIR` finds them; answers the file. */
export async function writeCompactTasks(dir: string, name: string, tasks: readonly GeneratedTask[]): Promise<string> {
  const file = path.join(dir, `${name}${compactEnding}`)
  await mkdir(dir, { recursive: true })
  await writeFile(file, tasks.map((task) => `${JSON.stringify(task)}\n`).join(''))
  const written = await readCompactTasks(path.resolve(dir))
  const problems = written?.problems ?? []
  if (problems.length > 0)
    throw new InputError(problems.map(({ file: place, at, message }) => `${place}: ${at ?? ''}: ${message}`))
  return file
}
