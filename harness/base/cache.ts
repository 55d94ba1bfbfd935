import { createHash } from 'node:crypto'
import { unlinkSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readlink, rename, rm, stat, symlink, utimes } from 'node:fs/promises'
import path from 'node:path'
import { sleep } from './clock.ts'
import { isRunning, thisProcess } from './daemon.ts'
import { cacheDir } from './places.ts'

/** A short name for what a thing is made from; one changed byte makes another. */
export function keyOf(ingredients: unknown): string {
  return createHash('sha256').update(JSON.stringify(ingredients)).digest('hex').slice(0, 24)
}

/**
 * The folder of a cached artifact, made first when it is not there. `make` fills a private folder that is then
 * renamed into place, so nobody ever sees half of it; of several who want it at once one makes it and the others wait.
 */
export async function cached(kind: string, key: string, make: (dir: string) => Promise<void>): Promise<string> {
  const dir = cachedDir(kind, key)
  if (await isThere(dir)) {
    await touch(dir)
    return dir
  }
  const parent = path.dirname(dir)
  await mkdir(parent, { recursive: true })
  const { pid, startedAt } = thisProcess()
  using _ = await lock(path.join(parent, `.${key}.lock`), `${pid}.${startedAt}`)
  if (await isThere(dir)) return dir
  const draft = await mkdtemp(path.join(parent, `.${key}.${pid}.${startedAt}-`))
  try {
    await make(draft)
    await rename(draft, dir)
    return dir
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

/** Holds a link that only one can make and that names its holder; one whose holder died is taken away. */
async function lock(link: string, holder: string): Promise<Disposable> {
  for (;;) {
    try {
      await symlink(holder, link)
      return { [Symbol.dispose]: () => unlinkSync(link) }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const [, pid, startedAt] = /^(\d+)\.(\d*)$/.exec(await readlink(link).catch(() => '')) ?? []
    if (pid !== undefined && startedAt !== undefined && !isRunning({ pid: Number(pid), startedAt })) {
      await rm(link, { force: true })
    } else await sleep(50)
  }
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
  const dead = names.filter(isDead)
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

/** Whether a folder is a draft and the process that its name tells is gone. */
function isDead(name: string): boolean {
  const [, pid, startedAt] = /^\..+\.(\d+)\.(\d*)-/.exec(name) ?? []
  return pid !== undefined && startedAt !== undefined && !isRunning({ pid: Number(pid), startedAt })
}
