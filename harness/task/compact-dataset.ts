import { createHash } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { z } from 'zod'
import type { KubeObject } from '../base/kube-client.ts'
import { checkAgainst } from '../base/schema-problems.ts'
import { parseClusterFile } from './cluster-file.ts'
import { kubemendMetadataSchema } from './kubemend-metadata.ts'
import { manifestSpecSchema, manifestStages, type ManifestSpec, type ManifestStage } from './manifest-spec.ts'
import type { Problem } from './problem.ts'
import { parseTaskToml } from './task-toml.ts'
import type { Task } from './task.ts'

/** One line of a compact dataset: a whole manifest task. */
export interface CompactTask {
  name: string
  category: string
  level: 'basic' | 'intermediate' | 'advanced'
  split: 'train' | 'test'
  instruction: string
  spec: ManifestSpec
  world: KubeObject[]
  reference: string
  /** What its cluster must have on its nodes. */
  images: string[]
  wrong: { name: string; fails: ManifestStage; because: string; text: string }[]
}

/** Ends the names of files that hold one task a line. */
export const compactEnding = '.tasks.jsonl'

const compactSchema: z.ZodType<CompactTask> = z.strictObject({
  name: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  category: z.string(),
  level: z.enum(['basic', 'intermediate', 'advanced']),
  split: z.enum(['train', 'test']),
  instruction: z.string().min(1),
  spec: manifestSpecSchema,
  world: z.array(z.looseObject({ apiVersion: z.string(), kind: z.string() })) as unknown as z.ZodType<KubeObject[]>,
  reference: z.string().min(1),
  images: z.array(z.string()),
  wrong: z.array(
    z.strictObject({ name: z.string(), fails: z.enum(manifestStages), because: z.string(), text: z.string() }),
  ),
})

interface CompactFile {
  tasks: Map<string, { task: CompactTask; line: string; file: string; number: number }>
  problems: Problem[]
}

/** The tasks that a folder keeps in compact files; undefined when it has none. Read anew when a file changes. */
export async function readCompactTasks(dir: string): Promise<CompactFile | undefined> {
  const names = (await readdir(dir).catch((): string[] => [])).filter((name) => name.endsWith(compactEnding)).toSorted()
  if (names.length === 0) return undefined
  const files = names.map((name) => path.join(dir, name))
  const changes = await Promise.all(files.map(async (file) => `${file} ${(await stat(file)).mtimeMs}`))
  const key = changes.join('\n')
  const known = cache.get(dir)
  if (known?.key === key) return known.content
  const content = readFiles(files)
  cache.set(dir, { key, content })
  return content
}

const cache = new Map<string, { key: string; content: Promise<CompactFile> }>()

async function readFiles(files: readonly string[]): Promise<CompactFile> {
  const result: CompactFile = { tasks: new Map(), problems: [] }
  for (const file of files) {
    const lines = (await readFile(file, 'utf8')).split('\n')
    for (const [i, line] of lines.entries()) {
      if (line.trim() === '') continue
      const number = i + 1
      const checked = checkAgainst(compactSchema, parseJson(line))
      for (const { path: at, message } of checked.problems ?? [])
        result.problems.push({ file, line: number, at, message })
      const { value } = checked
      if (!value) continue
      if (result.tasks.has(value.name)) {
        result.problems.push({
          file,
          line: number,
          at: 'name',
          message: `expected a name of its own, got ${value.name} again`,
        })
      }
      result.tasks.set(value.name, { task: value, line, file, number })
    }
  }
  return result
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    return undefined
  }
}

/** A task of a compact dataset by the folder that it would have; undefined when there is none of that name. */
export async function loadCompactTask(dir: string): Promise<Task | undefined> {
  const content = await readCompactTasks(path.dirname(dir))
  const found = content?.tasks.get(path.basename(dir))
  return (
    found && expandTask(found.task, { dir, line: found.line, file: path.basename(found.file), number: found.number })
  )
}

const difficultyOf = { basic: 'easy', intermediate: 'medium', advanced: 'hard' } as const

/** The whole task that a line stands for. */
function expandTask(compact: CompactTask, at: { dir: string; line: string; file: string; number: number }): Task {
  const dataset = path.basename(path.dirname(at.dir))
  const difficulty = difficultyOf[compact.level]
  const tags = [compact.spec.operation, compact.level, compact.split]
  const metadata = kubemendMetadataSchema.parse({ kind: 'manifest', difficulty, category: compact.category, tags })
  const toml = parseTaskToml(
    `schema_version = "1.4"\n[task]\nname = "kubemend/${compact.name}"\n[agent]\ntimeout_sec = 300\n`,
  ).value
  if (!toml) throw new Error('the text of a task.toml of our own was not read')
  const cluster = parseClusterFile({}).value
  return {
    id: `${dataset}/${compact.name}`,
    name: `kubemend/${compact.name}`,
    dataset,
    dir: at.dir,
    digest: `sha256:${createHash('sha256').update(at.line).digest('hex')}`,
    kind: 'manifest',
    difficulty,
    category: compact.category,
    tags,
    instruction: compact.instruction,
    toml,
    metadata,
    cluster: undefined,
    world: compact.world.map((object) => ({ object, file: at.file, line: at.number })),
    fault: [],
    namespaces: compact.spec.namespace === undefined ? [] : [compact.spec.namespace],
    images: compact.images,
    permissions: { cluster: [], namespaces: {} },
    contract: undefined,
    workspace: undefined,
    solution: { solve: undefined, alternatives: [], unsafe: [] },
    steps: [],
    manifest: {
      spec: compact.spec,
      reference: compact.reference,
      wrong: compact.wrong,
      split: compact.split,
      level: compact.level,
      cluster,
    },
  }
}

/** The files that a compact task is as a folder, by their paths. */
export function unpackTask(compact: CompactTask): Map<string, string> {
  const files = new Map<string, string>()
  files.set(
    'task.toml',
    [
      'schema_version = "1.4"',
      '',
      '[task]',
      `name = "kubemend/${compact.name}"`,
      '',
      '[metadata.kubemend]',
      'kind = "manifest"',
      `difficulty = "${difficultyOf[compact.level]}"`,
      `category = "${compact.category}"`,
      `tags = ${JSON.stringify([compact.spec.operation, compact.level, compact.split])}`,
      '',
      '[agent]',
      'timeout_sec = 300',
      '',
    ].join('\n'),
  )
  files.set('instruction.md', compact.instruction)
  files.set('tests/requirements.yaml', stringify(compact.spec, { lineWidth: 0 }))
  files.set('solution/answer.yaml', compact.reference)
  for (const { name, fails, because, text } of compact.wrong) {
    files.set(`solution/wrong/${name}.${fails}.txt`, `# ${because}\n${text}`)
  }
  for (const [i, object] of compact.world.entries()) {
    files.set(
      `environment/world/${String(i + 1).padStart(2, '0')}-${object.kind.toLowerCase()}.yaml`,
      stringify(object, { lineWidth: 0 }),
    )
  }
  if (compact.world.length === 0) files.set('environment/README.md', 'This task begins with an empty namespace.\n')
  return files
}
