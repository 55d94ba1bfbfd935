import { mkdir, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, keyOf } from '../../harness/base/cache.ts'
import { mustRun } from '../../harness/base/command.ts'
import { cacheDir } from '../../harness/base/places.ts'
import { aptConfiguration, aptSources } from './debian-mirror.ts'
import { addEntry, mergeUsr, readTar, type LayerEntries } from './layer-entries.ts'

export interface DebianPackage {
  name: string
  version: string
}

export interface DebianWish {
  packages: string[]
  /** Dependencies left out, with what only they need. */
  without: string[]
  /** What lower layers have already. */
  installed: DebianPackage[]
}

/** The packages asked for and everything they depend on, without recommendations and what is there already. */
export async function resolveDebianPackages(wish: DebianWish, signal?: AbortSignal): Promise<DebianPackage[]> {
  return withApt(wish, signal, async (apt) => {
    const { stdout } = await apt(['install', '--simulate', '--no-install-recommends', ...wish.packages])
    return [...stdout.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)]
      .map(([, name = '', version = '']) => ({ name, version }))
      .filter((found) => !wish.installed.some((has) => has.name === found.name && has.version === found.version))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1))
  })
}

/** The files of packages as they lie in their archives; no maintainer script runs and no root is needed. */
export async function readDebianPackages(packages: DebianPackage[], signal?: AbortSignal): Promise<LayerEntries> {
  return withApt({ packages: [], without: [], installed: [] }, signal, async (apt, dir) => {
    await apt(['download', ...packages.map(({ name, version }) => `${name}=${version}`)])
    const entries: LayerEntries = new Map()
    for (const file of (await readdir(dir)).filter((name) => name.endsWith('.deb')).toSorted()) {
      const tar = path.join(dir, 'content.tar')
      await mustRun(['sh', '-c', 'exec dpkg-deb --fsys-tarfile "$1" > "$2"', 'sh', path.join(dir, file), tar])
      for (const [at, entry] of await readTar(await readFile(tar))) {
        const isKnownFolder = entry.type === 'directory' && entries.has(mergeUsr(at))
        if (!isKnownFolder) addEntry(entries, mergeUsr(at), entry)
      }
    }
    return entries
  })
}

type Apt = (words: string[]) => Promise<{ stdout: string }>

/** Runs apt in a private folder: own sources, own idea of what is installed, nothing of the host's is touched. */
async function withApt<T>(
  wish: DebianWish,
  signal: AbortSignal | undefined,
  use: (apt: Apt, dir: string) => Promise<T>,
): Promise<T> {
  const lists = await packageIndex(signal)
  const dir = path.join(cacheDir, 'debian-work', `${process.pid}-${keyOf([wish, performance.now()])}`)
  await mkdir(path.join(dir, 'cache', 'archives', 'partial'), { recursive: true })
  try {
    await writeFile(path.join(dir, 'status'), statusFile(wish))
    const config = await aptConfiguration(dir, { lists: path.join(lists, 'lists'), status: path.join(dir, 'status') })
    const apt: Apt = (words) =>
      mustRun(['apt-get', '-qq', '-o', 'Debug::NoLocking=1', ...words], {
        cwd: dir,
        env: { APT_CONFIG: config, LC_ALL: 'C' },
        timeoutMs: 900_000,
        ...(signal ? { signal } : {}),
      })
    return await use(apt, dir)
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** The suite's index, fetched once a day; older ones go. */
async function packageIndex(signal: AbortSignal | undefined): Promise<string> {
  const sources = await aptSources()
  const today = new Date().toISOString().slice(0, 10)
  const key = keyOf(['index 2', sources, process.arch, today])
  return cached('debian-index', key, async (dir) => {
    await mkdir(path.join(dir, 'lists', 'partial'), { recursive: true })
    await writeFile(path.join(dir, 'status'), '')
    const config = await aptConfiguration(dir, { lists: path.join(dir, 'lists'), status: path.join(dir, 'status') })
    await mustRun(['apt-get', '-qq', 'update', '--error-on=any'], {
      env: { APT_CONFIG: config, LC_ALL: 'C' },
      timeoutMs: 300_000,
      ...(signal ? { signal } : {}),
    })
    await rm(path.join(dir, 'cache'), { recursive: true, force: true })
    await removeOldIndexes(path.dirname(dir))
  })
}

/** Indexes that nobody has asked for in two days; those of today's other mirrors or releases stay. */
async function removeOldIndexes(parent: string): Promise<void> {
  const twoDaysAgo = Date.now() - 2 * 24 * 3600 * 1000
  for (const name of await readdir(parent)) {
    const dir = path.join(parent, name)
    if ((await stat(dir)).mtimeMs < twoDaysAgo) await rm(dir, { recursive: true, force: true })
  }
}

/** dpkg's list of what is installed: lower layers' packages, and unwanted ones so that nobody asks for them. */
function statusFile(wish: DebianWish): string {
  const unwanted = wish.without.map((name) => ({ name, version: '999:0' }))
  return [...wish.installed, ...unwanted]
    .map(
      ({ name, version }) =>
        `Package: ${name}\nStatus: install ok installed\nVersion: ${version}\n` +
        `Architecture: ${debianArchitecture()}\nMulti-Arch: allowed\nMaintainer: nobody\nDescription: kept\n`,
    )
    .join('\n')
}

function debianArchitecture(): string {
  return process.arch === 'x64' ? 'amd64' : process.arch
}
