import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readFile, readdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, keyOf } from '../../harness/base/cache.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { buildGoProgram, goIngredients } from './build-go-program.ts'
import { debianSuite } from './debian-mirror.ts'
import { readDebianPackages, resolveDebianPackages, type DebianPackage } from './debian-packages.ts'
import type { DebianLayer, FileRecipe, FilesLayer, GoLayer, LayerRecipe } from './image-recipe.ts'
import { addEntry, cleanPath, mergeUsr, rootOwned, writeLayer, type LayerEntries } from './layer-entries.ts'
import { readPythonWheel } from './read-python-wheel.ts'

/** A finished layer: an uncompressed tar, the digest of its bytes, and the Debian packages in it. */
export interface MadeLayer {
  file: string
  digest: string
  size: number
  packages: DebianPackage[]
}

/** Everything the bytes of a stack of layers depend on, as far as it lies on this machine. */
export async function layerIngredients(layers: LayerRecipe[]): Promise<unknown[]> {
  return Promise.all(
    layers.map(async (layer) => {
      if (layer.kind === 'debian') return [layer, debianSuite, process.arch]
      if (layer.kind === 'go') return [layer, await goIngredients(layer)]
      if (layer.kind === 'files') return [layer, await fileDigests(layer)]
      return [layer, process.arch]
    }),
  )
}

/** Makes one layer on top of those below; the cache holds it, so images with the same lowest layers share them. */
export async function makeLayer(
  layer: LayerRecipe,
  below: { recipe: LayerRecipe; made: MadeLayer }[],
  signal?: AbortSignal,
): Promise<MadeLayer> {
  const key = keyOf(['layer 1', await layerIngredients([...below.map(({ recipe }) => recipe), layer])])
  const dir = await cached('image-layers', key, async (draft) => {
    const installed = below.flatMap(({ made }) => made.packages)
    const { entries, packages } = await layerContent(layer, installed, signal)
    const file = path.join(draft, 'layer.tar')
    await writeLayer(entries, file)
    const facts = { digest: await digestOf(file), size: (await stat(file)).size, packages }
    await writeFile(path.join(draft, 'layer.json'), JSON.stringify(facts))
  })
  const facts = JSON.parse(await readFile(path.join(dir, 'layer.json'), 'utf8')) as Omit<MadeLayer, 'file'>
  return { file: path.join(dir, 'layer.tar'), ...facts }
}

interface LayerContent {
  entries: LayerEntries
  packages: DebianPackage[]
}

async function layerContent(
  layer: LayerRecipe,
  installed: DebianPackage[],
  signal: AbortSignal | undefined,
): Promise<LayerContent> {
  switch (layer.kind) {
    case 'debian':
      return debianContent(layer, installed, signal)
    case 'go':
      return { entries: await goContent(layer, signal), packages: [] }
    case 'python-wheel':
      return { entries: await readPythonWheel(layer, signal), packages: [] }
    default:
      return { entries: await filesContent(layer, installed.length > 0), packages: [] }
  }
}

async function debianContent(
  layer: DebianLayer,
  installed: DebianPackage[],
  signal: AbortSignal | undefined,
): Promise<LayerContent> {
  const wish = { packages: layer.packages, without: layer.without ?? [], installed }
  const packages = await resolveDebianPackages(wish, signal)
  const entries = await readDebianPackages(packages, signal)
  bundleCertificates(entries)
  const isUnder = (at: string, folders: string[]): boolean => folders.some((folder) => at.startsWith(cleanPath(folder)))
  const kept: LayerEntries = new Map()
  for (const [at, entry] of entries) {
    const isWanted = layer.keep === undefined || isUnder(at, layer.keep)
    if (isWanted && !isUnder(at, [...neverNeeded, ...(layer.drop ?? [])])) addEntry(kept, at, entry)
  }
  return { entries: kept, packages }
}

/** The one thing every TLS client needs that a maintainer script would have made: all authorities in one file. */
function bundleCertificates(entries: LayerEntries): void {
  const isAuthority = (at: string): boolean => at.startsWith('usr/share/ca-certificates/') && at.endsWith('.crt')
  const authorities = [...entries].filter(([at]) => isAuthority(at)).toSorted(([a], [b]) => (a < b ? -1 : 1))
  if (authorities.length === 0) return
  const data = Buffer.concat(authorities.map(([, entry]) => entry.data ?? new Uint8Array()))
  addEntry(entries, 'etc/ssl/certs/ca-certificates.crt', { type: 'file', mode: 0o644, ...rootOwned, data })
}

/** What no program reads at run time. */
const neverNeeded = [
  '/usr/share/doc/',
  '/usr/share/man/',
  '/usr/share/info/',
  '/usr/share/locale/',
  '/usr/share/lintian/',
  '/usr/share/bug/',
  '/usr/share/bash-completion/',
  '/usr/lib/systemd/',
  '/etc/init.d/',
  '/etc/cron',
  '/etc/logrotate.d/',
  '/var/cache/debconf/',
]

async function goContent(layer: GoLayer, signal: AbortSignal | undefined): Promise<LayerEntries> {
  const data = await readFile(await buildGoProgram(layer, signal))
  const entries: LayerEntries = new Map()
  const xattrs = layer.bindsLowPorts ? { xattrs: { 'security.capability': netBindService } } : {}
  addEntry(entries, layer.path, { type: 'file', mode: 0o755, ...rootOwned, data, ...xattrs })
  return entries
}

/** cap_net_bind_service=ep as the kernel stores it (struct vfs_cap_data, revision 2, effective bit set). */
const netBindService = '\u0001\0\0\u0002\0\u0004\0\0\0\0\0\0\0\0\0\0\0\0\0\0'

async function filesContent(layer: FilesLayer, isOnDebian: boolean): Promise<LayerEntries> {
  const entries: LayerEntries = new Map()
  for (const [at, file] of Object.entries(layer.files)) await addFile(entries, isOnDebian ? mergeUsr(at) : at, file)
  return entries
}

async function addFile(entries: LayerEntries, at: string, file: FileRecipe): Promise<void> {
  if ('link' in file) {
    addEntry(entries, at, { type: 'symlink', mode: 0o777, ...rootOwned, linkname: file.link })
    return
  }
  const owner = { uid: file.uid ?? 0, gid: file.gid ?? 0 }
  if ('folder' in file) {
    addEntry(entries, at, { type: 'directory', mode: file.mode ?? 0o755, ...owner })
  } else if ('content' in file) {
    addEntry(entries, at, { type: 'file', mode: file.mode ?? 0o644, ...owner, data: Buffer.from(file.content) })
  } else {
    for (const source of await filesUnder(path.join(packageRoot, file.from))) {
      const target = path.posix.join(at, path.relative(path.join(packageRoot, file.from), source))
      const mode = file.mode ?? (/\.(sh|envsh)$/.test(source) ? 0o755 : 0o644)
      addEntry(entries, target, { type: 'file', mode, ...owner, data: await readFile(source) })
    }
  }
}

/** The digests of the files of ours that a layer takes in. */
async function fileDigests(layer: FilesLayer): Promise<string[]> {
  const roots = Object.values(layer.files).flatMap((file) =>
    'from' in file ? [path.join(packageRoot, file.from)] : [],
  )
  const files = (await Promise.all(roots.map(filesUnder))).flat()
  return Promise.all(files.map(digestOf))
}

/** A file itself, or every file of a folder. */
async function filesUnder(source: string): Promise<string[]> {
  if (!(await stat(source)).isDirectory()) return [source]
  const found = await readdir(source, { recursive: true, withFileTypes: true })
  return found
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name))
    .toSorted()
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  return `sha256:${hash.digest('hex')}`
}
