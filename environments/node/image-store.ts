import { existsSync } from 'node:fs'
import { copyFile, mkdir, mkdtemp, readFile, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { cached, cachedDir, keyOf } from '../../harness/base/cache.ts'
import { mustRun, runCommand } from '../../harness/base/command.ts'
import { isRunning, startDaemon } from '../../harness/base/daemon.ts'
import { until } from '../../harness/base/retry.ts'

export interface StoredImage {
  key: string
  archive: string
}

const snapshotter = 'io.containerd.snapshotter.v1.overlayfs'
const content = 'io.containerd.content.v1.content'
const metadata = 'io.containerd.metadata.v1.bolt'

/**
 * A containerd root with these images unpacked, in the cache and read-only from then on. It grows from the largest
 * store there is with some of them, so that one more image costs its own unpacking only.
 */
export async function ensureImageStore(options: {
  bin: string
  images: StoredImage[]
  onProgress?: (line: string) => void
}): Promise<string> {
  const images = options.images.toSorted((a, b) => a.key.localeCompare(b.key))
  const keys = images.map((image) => image.key)
  return cached(kind, storeKey(keys), async (dir) => {
    const base = await largestSubset(keys)
    if (base) {
      await mustRun(['cp', '--archive', '--link', ...(await entriesToCopy(base.dir)), dir])
      await copyDatabases(base.dir, dir)
    }
    const missing = images.filter((image) => !base?.keys.includes(image.key))
    options.onProgress?.(`unpacking ${missing.length} image${missing.length === 1 ? '' : 's'} into the store`)
    await importImages(options.bin, dir, missing)
    await writeFile(path.join(dir, keysFile), JSON.stringify(keys))
  })
}

/** Gives a node a containerd root that has everything of the store, without copying any layer. */
export async function linkImageStore(store: string, mountedAt: string, containerdRoot: string): Promise<void> {
  const snapshots = path.join(containerdRoot, snapshotter, 'snapshots')
  if (existsSync(snapshots)) return
  await mkdir(snapshots, { recursive: true })
  await mkdir(path.join(containerdRoot, metadata), { recursive: true })
  const [layers] = await Promise.all([
    readdir(path.join(store, snapshotter, 'snapshots')),
    linkBlobs(store, mountedAt, containerdRoot),
    copyDatabases(store, containerdRoot),
  ])
  await Promise.all(
    layers.map((layer) => symlink(path.join(mountedAt, snapshotter, 'snapshots', layer), path.join(snapshots, layer))),
  )
}

/** Small blobs (manifests, configurations) are copied; layers, which nobody reads once unpacked, stay in the store. */
async function linkBlobs(store: string, mountedAt: string, containerdRoot: string): Promise<void> {
  const blobs = path.join(content, 'blobs', 'sha256')
  await mkdir(path.join(containerdRoot, blobs), { recursive: true })
  await Promise.all(
    (await readdir(path.join(store, blobs))).map(async (name) => {
      const { size } = await stat(path.join(store, blobs, name))
      const target = path.join(containerdRoot, blobs, name)
      if (size < 64 * 1024) await copyFile(path.join(store, blobs, name), target)
      else await symlink(path.join(mountedAt, blobs, name), target)
    }),
  )
}

const kind = 'image-stores'
const keysFile = 'images.json'

function storeKey(imageKeys: string[]): string {
  return keyOf({ format: 1, imageKeys })
}

async function largestSubset(keys: string[]): Promise<{ dir: string; keys: string[] } | undefined> {
  const parent = path.dirname(cachedDir(kind, 'any'))
  let best: { dir: string; keys: string[] } | undefined
  for (const name of await readdir(parent).catch(() => [])) {
    if (name.startsWith('.')) continue
    const dir = path.join(parent, name)
    const text = await readFile(path.join(dir, keysFile), 'utf8').catch(() => '[]')
    const stored = JSON.parse(text) as string[]
    const isSubset = stored.length > 0 && stored.every((key) => keys.includes(key))
    if (isSubset && stored.length > (best?.keys.length ?? 0)) best = { dir, keys: stored }
  }
  return best
}

async function entriesToCopy(dir: string): Promise<string[]> {
  return (await readdir(dir)).filter((name) => name !== keysFile).map((name) => path.join(dir, name))
}

/** The databases are written to, so they are never links. */
async function copyDatabases(from: string, to: string): Promise<void> {
  for (const file of [path.join(snapshotter, 'metadata.db'), path.join(metadata, 'meta.db')]) {
    await rm(path.join(to, file), { force: true })
    await mkdir(path.dirname(path.join(to, file)), { recursive: true })
    await copyFile(path.join(from, file), path.join(to, file))
  }
}

async function importImages(bin: string, dir: string, images: StoredImage[]): Promise<void> {
  const state = await mkdtemp(path.join(os.tmpdir(), 'image-store-'))
  const config = path.join(state, 'containerd.toml')
  const socket = path.join(state, 'containerd.sock')
  await writeFile(
    config,
    `version = 3\nroot = "${dir}"\nstate = "${state}/state"\ndisabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime", "io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri"]\n[grpc]\n  address = "${socket}"\n`,
  )
  const daemon = startDaemon([path.join(bin, 'containerd'), '--config', config], { logFile: path.join(state, 'log') })
  try {
    const ctr = [path.join(bin, 'ctr'), '--address', socket, '--namespace', 'k8s.io']
    await until(async () => (await runCommand([...ctr, 'version'])).exitCode === 0, {
      what: 'containerd to answer while the image store is made',
      timeoutMs: 15_000,
      intervalMs: 50,
    })
    for (const image of images) await mustRun([...ctr, 'images', 'import', '--local', image.archive])
  } finally {
    process.kill(daemon.pid, 'SIGTERM')
    await until(async () => !isRunning(daemon), { what: 'containerd to end', timeoutMs: 10_000, intervalMs: 20 })
    await rm(state, { recursive: true, force: true })
  }
}
