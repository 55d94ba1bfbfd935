import { createWriteStream } from 'node:fs'
import path from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createTarPacker, unpackTar } from 'modern-tar'

/** What lies at one path of a layer. Two entries with the same data object are two names of one file. */
export interface LayerEntry {
  type: 'file' | 'directory' | 'symlink'
  mode: number
  uid: number
  gid: number
  data?: Uint8Array
  linkname?: string
  xattrs?: Record<string, string>
}

/** A layer's content by path, without a leading slash. */
export type LayerEntries = Map<string, LayerEntry>

export const rootOwned = { uid: 0, gid: 0 } as const

/** Puts an entry in place, with the folders above it. */
export function addEntry(entries: LayerEntries, at: string, entry: LayerEntry): void {
  const clean = cleanPath(at)
  for (let dir = path.posix.dirname(clean); dir !== '.'; dir = path.posix.dirname(dir)) {
    if (!entries.has(dir)) entries.set(dir, { type: 'directory', mode: 0o755, ...rootOwned })
  }
  entries.set(clean, entry)
}

/** The path as layers write it: no slash at either end. */
export function cleanPath(at: string): string {
  return path.posix.normalize(at).replace(/^\/+|\/+$/g, '')
}

/** Debian merged /bin, /sbin and /lib into /usr: a path through one of these links leads there. */
export function mergeUsr(at: string): string {
  return cleanPath(at).replace(/^(bin|sbin|lib|lib64)\//, 'usr/$1/')
}

/** The entries of a tar archive. */
export async function readTar(archive: Uint8Array): Promise<LayerEntries> {
  const entries: LayerEntries = new Map()
  for (const { header, data } of await unpackTar(archive)) {
    const name = cleanPath(header.name)
    if (name === '.' || name === '') continue
    const { mode = 0o644, uid = 0, gid = 0 } = header
    if (header.type === 'directory') entries.set(name, { type: 'directory', mode, uid, gid })
    else if (header.type === 'symlink') {
      entries.set(name, { type: 'symlink', mode: 0o777, uid, gid, linkname: header.linkname ?? '' })
    } else if (header.type === 'link') {
      const target = entries.get(cleanPath(header.linkname ?? ''))
      if (target) entries.set(name, { ...target })
    } else if (header.type === 'file') {
      entries.set(name, { type: 'file', mode, uid, gid, data: data ?? new Uint8Array() })
    }
  }
  return entries
}

/** Writes a layer whose bytes depend on its content alone: sorted by path, no times, no user names. */
export async function writeLayer(entries: LayerEntries, file: string): Promise<void> {
  const { readable, controller } = createTarPacker()
  const written = pipeline(
    Readable.fromWeb(readable as Parameters<typeof Readable.fromWeb>[0]),
    createWriteStream(file),
  )
  const firstNames = new Map<Uint8Array, string>()
  for (const [name, entry] of [...entries].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    const { mode, uid, gid } = entry
    const common = { mode, uid, gid, uname: '', gname: '', mtime: new Date(0) }
    const earlier = entry.data && entry.data.length > 0 ? firstNames.get(entry.data) : undefined
    if (entry.type !== 'file') {
      const isDirectory = entry.type === 'directory'
      const header = { ...common, name: isDirectory ? `${name}/` : name, type: entry.type, size: 0 }
      await end(controller.add(entry.linkname === undefined ? header : { ...header, linkname: entry.linkname }))
    } else if (earlier !== undefined) {
      await end(controller.add({ ...common, name, type: 'link', linkname: earlier, size: 0 }))
    } else {
      const data = entry.data ?? new Uint8Array()
      firstNames.set(data, name)
      const pax = entry.xattrs === undefined ? {} : { pax: prefixKeys(entry.xattrs, 'SCHILY.xattr.') }
      await end(controller.add({ ...common, name, type: 'file', size: data.length, ...pax }), data)
    }
  }
  controller.finalize()
  await written
}

async function end(body: WritableStream<Uint8Array>, data?: Uint8Array): Promise<void> {
  const writer = body.getWriter()
  if (data && data.length > 0) await writer.write(data)
  await writer.close()
}

function prefixKeys(record: Record<string, string>, prefix: string): Record<string, string> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [prefix + key, value]))
}
