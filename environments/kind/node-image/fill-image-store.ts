import { existsSync } from 'node:fs'
import { link, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { mustRun, runCommand } from '../../../harness/base/command.ts'
import { isRunning, startDaemon } from '../../../harness/base/daemon.ts'
import { until } from '../../../harness/base/retry.ts'

/**
 * Fills a containerd root with images, unpacked by the containerd that the node will run. Layers are not kept a
 * second time as they came: who has a snapshot of one never reads it again.
 */
export async function fillImageStore(bin: string, store: string, archives: string[]): Promise<void> {
  let forgotten: string[] = []
  await withContainerd(bin, store, async (ctr) => {
    for (const archive of archives) {
      await mustRun([...ctr, 'images', 'import', '--local', '--label', 'io.cri-containerd.pinned=pinned', archive])
    }
    forgotten = await largeBlobs(store)
    for (const digest of forgotten) await mustRun([...ctr, 'content', 'rm', digest])
  })
  // containerd would remove the files at its leisure
  for (const digest of forgotten) await rm(blobFile(store, digest), { force: true })
  for (const name of await readdir(store)) {
    if (!keptPlugins.has(name)) await rm(path.join(store, name), { recursive: true })
  }
}

/** Makes each program of the images the very file of the node's own, where both are the same. */
export async function shareProgramsWith(bin: string, store: string): Promise<void> {
  const snapshots = path.join(store, 'io.containerd.snapshotter.v1.overlayfs/snapshots')
  for (const snapshot of await readdir(snapshots)) {
    const dir = path.join(snapshots, snapshot, 'fs/usr/local/bin')
    for (const entry of existsSync(dir) ? await readdir(dir, { withFileTypes: true }) : []) {
      const own = path.join(bin, entry.name)
      if (!entry.isFile() || !existsSync(own)) continue
      await rm(path.join(dir, entry.name))
      await link(own, path.join(dir, entry.name))
    }
  }
}

const keptPlugins = new Set([
  'io.containerd.content.v1.content',
  'io.containerd.metadata.v1.bolt',
  'io.containerd.snapshotter.v1.overlayfs',
])

async function largeBlobs(store: string): Promise<string[]> {
  const names = await readdir(path.dirname(blobFile(store, 'sha256:any')))
  const digests = names.map((name) => `sha256:${name}`)
  const sizes = await Promise.all(digests.map(async (digest) => (await stat(blobFile(store, digest))).size))
  return digests.filter((_, i) => (sizes[i] ?? 0) > 64 * 1024)
}

function blobFile(store: string, digest: string): string {
  return path.join(store, 'io.containerd.content.v1.content/blobs', digest.replace(':', '/'))
}

async function withContainerd(bin: string, root: string, use: (ctr: string[]) => Promise<void>): Promise<void> {
  const state = await mkdtemp(path.join(os.tmpdir(), 'kubemend-node-image-'))
  const socket = path.join(state, 'containerd.sock')
  const config = path.join(state, 'containerd.toml')
  await writeFile(config, containerdConfig({ root, state, socket }))
  const daemon = startDaemon([path.join(bin, 'containerd'), '--config', config], { logFile: path.join(state, 'log') })
  try {
    const ctr = [path.join(bin, 'ctr'), '--address', socket, '--namespace', 'k8s.io']
    await until(async () => (await runCommand([...ctr, 'version'])).exitCode === 0, {
      what: 'containerd to answer while the node image is made',
      timeoutMs: 15_000,
      intervalMs: 50,
    })
    await use(ctr)
  } finally {
    if (isRunning(daemon)) process.kill(daemon.pid, 'SIGTERM')
    await until(async () => !isRunning(daemon), { what: 'containerd to end', timeoutMs: 10_000, intervalMs: 20 })
    await rm(state, { recursive: true, force: true })
  }
}

function containerdConfig(places: { root: string; state: string; socket: string }): string {
  return `version = 3
root = "${places.root}"
state = "${places.state}/state"
disabled_plugins = [
  "io.containerd.grpc.v1.cri", "io.containerd.cri.v1.images", "io.containerd.cri.v1.runtime",
  "io.containerd.internal.v1.opt", "io.containerd.nri.v1.nri",
]
[grpc]
  address = "${places.socket}"
`
}
