import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import ignore, { type Ignore } from 'ignore'
import { isFile } from './path-kind.ts'

/** `sha256:` and 64 hexadecimal digits. */
export type Digest = `sha256:${string}`

/**
 * Which task it is, exactly: Harbor's packaging digest, over the path and content of everything that would be
 * published. README.md is part of it; what `.gitignore` leaves out is not.
 */
export async function digestTask(dir: string): Promise<Digest> {
  const outer = createHash('sha256')
  for (const file of await packagedFiles(dir)) {
    outer.update(`${file}\0${await hashFile(path.join(dir, file))}\n`)
  }
  return `sha256:${outer.digest('hex')}`
}

/** The files of a task that are published, as posix paths from its folder, in the order in which they are digested. */
export async function packagedFiles(dir: string): Promise<string[]> {
  const singles = await Promise.all(
    singleFiles.map(async (file) => ((await isFile(path.join(dir, file))) ? [file] : [])),
  )
  const trees = await Promise.all(folders.map((folder) => filesBelow(dir, folder)))
  const rules = await ignoreRules(dir)
  return [...singles.flat(), ...trees.flat()]
    .filter((file) => !rules.ignores(file))
    .toSorted((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
}

const singleFiles = ['task.toml', 'instruction.md', 'README.md', 'trajectory.json']
const folders = ['environment', 'tests', 'solution', 'steps']
const defaultIgnores = ['__pycache__/', '*.pyc', '.DS_Store', '*.swp', '*.swo', '*~']

async function ignoreRules(dir: string): Promise<Ignore> {
  const rules = ignore({ ignorecase: false })
  const own = await readFile(path.join(dir, '.gitignore'), 'utf8').catch(() => undefined)
  return rules.add(own ?? defaultIgnores)
}

/** Files below a folder; links to files count as files, links to folders are not followed. */
async function filesBelow(dir: string, folder: string): Promise<string[]> {
  const entries = await readdir(path.join(dir, folder), { withFileTypes: true }).catch(() => [])
  const found = await Promise.all(
    entries.map(async (entry) => {
      const file = path.posix.join(folder, entry.name)
      if (entry.isDirectory()) return filesBelow(dir, file)
      return (await isFile(path.join(dir, file))) ? [file] : []
    }),
  )
  return found.flat()
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}
