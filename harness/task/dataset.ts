import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { checkAgainst } from '../base/schema-problems.ts'
import type { Digest } from './digest.ts'
import { isFolder } from './path-kind.ts'
import type { Problem } from './problem.ts'
import { readText, report, type TaskReading } from './read-text.ts'
import { packageName, parseToml } from './task-toml.ts'

/** A dataset's own file: which tasks belong to it, and exactly which version of each. */
export interface DatasetToml {
  dataset: { name: string; version?: string; description: string }
  tasks: { name: string; digest: Digest }[]
  files: { path: string; digest?: Digest }[]
}

/** Reads the dataset.toml of a folder. */
export async function readDataset(dir: string): Promise<{ dataset: DatasetToml | undefined; problems: Problem[] }> {
  const reading: TaskReading = { dir, problems: [] }
  const text = await readText(reading, datasetFile, {
    needed: 'the list of tasks; `kubemend dataset digest` writes it',
  })
  const dataset = text === undefined ? undefined : parseDataset(reading, text)
  return { dataset, problems: reading.problems }
}

/** The task folders of a dataset, absolute, by name. */
export async function taskFolders(dir: string): Promise<string[]> {
  const names = await readdir(dir)
  const folders: string[] = []
  for (const name of names.toSorted()) {
    const place = path.resolve(dir, name)
    if (!name.startsWith('.') && (await isFolder(place))) folders.push(place)
  }
  return folders
}

/** Harbor's hash of a whole dataset: over the digests of its tasks and files, in an order of their own. */
export function digestDataset({ tasks, files }: Pick<DatasetToml, 'tasks' | 'files'>): Digest {
  const hex = (digest: string | undefined): string => digest?.replace('sha256:', '') ?? ''
  const taskPart = tasks
    .map(({ digest }) => hex(digest))
    .toSorted()
    .join(',')
  const filePart = files
    .map((file) => `${file.path}:${hex(file.digest)}`)
    .toSorted()
    .join(',')
  const text = files.length === 0 ? taskPart : `${taskPart};${filePart}`
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}

export const datasetFile = 'dataset.toml'

const digest = z
  .string()
  .regex(/^sha256:[a-f0-9]{64}$/, {
    error: (issue) => `expected sha256: and 64 hexadecimal digits, got ${JSON.stringify(issue.input)}`,
  })
  .transform((text) => text as Digest)

export const datasetSchema: z.ZodType<DatasetToml> = z.looseObject({
  dataset: z.looseObject({
    name: packageName,
    version: z.string().min(1).exactOptional(),
    description: z.string().default(''),
  }),
  tasks: z.array(z.looseObject({ name: packageName, digest })).default([]),
  files: z.array(z.looseObject({ path: z.string().regex(/^[^/\\]+$/), digest: digest.exactOptional() })).default([]),
})

function parseDataset(reading: TaskReading, text: string): DatasetToml | undefined {
  const document = parseToml(text)
  if ('problem' in document) {
    report(reading, datasetFile, document.problem)
    return undefined
  }
  const checked = checkAgainst(datasetSchema, document.value)
  for (const { path: at, message } of checked.problems ?? []) report(reading, datasetFile, { at, message })
  const names = checked.value?.tasks.map(({ name }) => name) ?? []
  for (const [index, name] of names.entries()) {
    if (names.indexOf(name) < index) {
      report(reading, datasetFile, {
        at: `tasks[${index}].name`,
        message: `expected a task of its own, got ${name} again`,
      })
    }
  }
  return checked.value
}
