import { createHash } from 'node:crypto'
import { mkdir, mkdtemp, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import path from 'node:path'
import { cacheDir } from './places.ts'

/** A short name for what a thing is made from; one changed byte makes another. */
export function keyOf(ingredients: unknown): string {
  return createHash('sha256').update(JSON.stringify(ingredients)).digest('hex').slice(0, 24)
}

/**
 * The folder of a cached artifact, made first when it is not there. `make` fills a private folder that is then
 * renamed into place, so nobody ever sees half of it; of two makers at once, the first to finish wins.
 */
export async function cached(kind: string, key: string, make: (dir: string) => Promise<void>): Promise<string> {
  const dir = cachedDir(kind, key)
  if (await isThere(dir)) {
    await touch(dir)
    return dir
  }
  await mkdir(path.dirname(dir), { recursive: true })
  const draft = await mkdtemp(path.join(path.dirname(dir), `.${key}.${process.pid}-`))
  try {
    await make(draft)
    await rename(draft, dir)
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (!(await isThere(dir))) throw error
  }
  return dir
}

/** Where an artifact lies or would lie. */
export function cachedDir(kind: string, key: string): string {
  return path.join(cacheDir, kind, key)
}

/** Whether the artifact is there already. */
export async function isCached(kind: string, key: string): Promise<boolean> {
  return isThere(cachedDir(kind, key))
}

/** Removes the longest unused artifacts of a kind until the rest fits; what was used lately stays in any case. */
export async function evict(kind: string, limits: { maxBytes: number; keepYoungerThanMs: number }): Promise<string[]> {
  const parent = path.join(cacheDir, kind)
  const names = (await readdir(parent).catch(() => [])).filter((name) => !name.startsWith('.'))
  const entries = await Promise.all(
    names.map(async (name) => {
      const dir = path.join(parent, name)
      return { dir, bytes: await diskUsage(dir), usedAt: (await stat(dir)).mtimeMs }
    }),
  )
  let total = entries.reduce((sum, entry) => sum + entry.bytes, 0)
  const removed: string[] = []
  for (const entry of entries.toSorted((a, b) => a.usedAt - b.usedAt)) {
    if (total <= limits.maxBytes || Date.now() - entry.usedAt < limits.keepYoungerThanMs) break
    const grave = path.join(parent, `.evicted.${process.pid}-${path.basename(entry.dir)}`)
    await rename(entry.dir, grave)
    await rm(grave, { recursive: true, force: true })
    total -= entry.bytes
    removed.push(entry.dir)
  }
  return removed
}

/** Removes drafts whose maker died. */
export async function removeDeadDrafts(kind: string): Promise<string[]> {
  const parent = path.join(cacheDir, kind)
  const names = await readdir(parent).catch(() => [])
  const dead = names.filter((name) => {
    const pid = /^\..+\.(\d+)-/.exec(name)?.[1]
    return pid !== undefined && !isAlive(Number(pid))
  })
  await Promise.all(dead.map((name) => rm(path.join(parent, name), { recursive: true, force: true })))
  return dead.map((name) => path.join(parent, name))
}

async function isThere(dir: string): Promise<boolean> {
  return stat(dir).then(
    () => true,
    () => false,
  )
}

async function diskUsage(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries.map(async (entry) =>
      entry.isFile() ? (await stat(path.join(entry.parentPath, entry.name))).blocks * 512 : 0,
    ),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** The time of last use, for eviction. */
async function touch(dir: string): Promise<void> {
  const now = new Date()
  await utimes(dir, now, now).catch(() => undefined)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
