import { constants } from 'node:fs'
import { lstat, mkdir, open, readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { Refusal } from './refusal.ts'

/** A folder that file tools may use, and nothing outside it: neither by `..`, nor by absolute paths, nor by links. */
export interface Workspace {
  /** Every regular file below a folder, as paths relative to the workspace. */
  list(dir: string): Promise<string[] | Refusal>
  read(file: string): Promise<Buffer | Refusal>
  /** Writes a whole file, and makes the folders that it needs. */
  write(file: string, content: string): Promise<Refusal | undefined>
  /** The manifests that `kubectl -f` would read from a file or folder, as one text. */
  readManifests(file: string, isRecursive: boolean): Promise<string | Refusal>
}

export async function openWorkspace(dir: string, maxFileBytes: number): Promise<Workspace> {
  const root = await realpath(dir)

  /** The real place of a path, links followed, if that is inside; the part that does not exist yet is taken as it is. */
  async function locate(given: string): Promise<string | Refusal> {
    if (given.includes('\0')) return new Refusal('bad-value', 'the path holds a NUL character')
    const wanted = path.resolve(root, given)
    if (!isInside(wanted)) return outside(given)
    let existing = wanted
    while (!(await exists(existing))) existing = path.dirname(existing)
    const real = await realpath(existing).catch(() => undefined)
    if (real === undefined || !isInside(real)) return outside(given)
    return path.join(real, path.relative(existing, wanted))
  }

  function isInside(place: string): boolean {
    return place === root || place.startsWith(root + path.sep)
  }

  const workspace: Workspace = {
    async list(given) {
      const place = await locate(given)
      if (place instanceof Refusal) return place
      const entries = await readdir(place, { recursive: true, withFileTypes: true }).catch(() => undefined)
      if (entries === undefined) return new Refusal('bad-value', `${given} is not a folder`)
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
        .toSorted()
    },
    async read(given) {
      const place = await locate(given)
      if (place instanceof Refusal) return place
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      const handle = await open(place, flags).catch(() => undefined)
      if (handle === undefined) return new Refusal('bad-value', `there is no file ${given}`)
      try {
        const info = await handle.stat()
        if (!info.isFile()) return new Refusal('bad-value', `${given} is not a file`)
        if (info.size > maxFileBytes) return new Refusal('bad-value', `${given} has more than ${maxFileBytes} bytes`)
        return await handle.readFile()
      } finally {
        await handle.close()
      }
    },
    async write(given, content) {
      if (Buffer.byteLength(content) > maxFileBytes) {
        return new Refusal('bad-value', `more than ${maxFileBytes} bytes for one file`)
      }
      const place = await locate(given)
      if (place instanceof Refusal) return place
      if (place === root) return new Refusal('bad-value', 'that is the workspace itself')
      await mkdir(path.dirname(place), { recursive: true })
      const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK
      const handle = await open(place, flags, 0o644).catch(() => undefined)
      if (handle === undefined) return new Refusal('bad-value', `${given} cannot be written`)
      try {
        if (!(await handle.stat()).isFile()) return new Refusal('bad-value', `${given} is not a file`)
        await handle.truncate(0)
        await handle.writeFile(content)
        return undefined
      } finally {
        await handle.close()
      }
    },
    async readManifests(given, isRecursive) {
      const place = await locate(given)
      if (place instanceof Refusal) return place
      const info = await lstat(place).catch(() => undefined)
      if (info === undefined) return new Refusal('bad-value', `there is no file ${given}`)
      const files = info.isDirectory() ? await workspace.list(given) : [given]
      if (files instanceof Refusal) return files
      const base = path.relative(root, place)
      const wanted = info.isDirectory()
        ? files.filter((file) => /\.(ya?ml|json)$/.test(file) && (isRecursive || path.dirname(file) === (base || '.')))
        : files
      const texts: string[] = []
      for (const file of wanted) {
        const text = await workspace.read(file)
        if (text instanceof Refusal) return text
        texts.push(text.toString('utf8'))
      }
      return texts.join('\n---\n')
    },
  }
  return workspace
}

async function exists(place: string): Promise<boolean> {
  return lstat(place).then(
    () => true,
    () => false,
  )
}

function outside(given: string): Refusal {
  return new Refusal('local-file', `${given} is outside the workspace`)
}
