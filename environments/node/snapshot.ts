import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, cachedDir, evict, isCached, keyOf } from '../../harness/base/cache.ts'
import { mustRun } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { KubeClient } from '../../harness/base/kube-client.ts'
import { until } from '../../harness/base/retry.ts'
import type { ClusterSpec } from '../provider.ts'
import type { ClusterFolder, ClusterRecord } from './cluster-folder.ts'
import { inside } from './components.ts'
import { execInNode, servicePid, type NodeProcesses } from './node-process.ts'
import { digestOfModule } from './build-programs.ts'
import { scrub, type Expectation } from './scrub.ts'

/** What a snapshot says of itself; its nodes' files lie beside it. */
export interface SnapshotRecord {
  spec: ClusterSpec
  takenAt: string
  imageStore: string
  bin: string
  expectation: Expectation
}

/**
 * Stops a cluster and keeps its state: the API server's data, keys, volumes. Containers are not kept: each pod's
 * status goes back to "scheduled", so that a restored kubelet starts it as if for the first time.
 */
export async function takeSnapshot(folder: ClusterFolder, record: ClusterRecord, key: string): Promise<void> {
  await cached(kind, await snapshotKey(key), async (dir) => {
    await stopServices(record, ['kubelet', 'kube-controller-manager', 'kube-scheduler', 'kube-proxy'], 'SIGKILL')
    using client = await KubeClient.fromKubeconfig(folder.kubeconfig)
    const expectation = await scrub(client)
    await stopServices(record, ['kube-apiserver'], 'SIGKILL')
    await stopServices(record, ['etcd'], 'SIGTERM')
    for (const [node, processes] of Object.entries(record.nodes)) {
      await copyNode(folder.nodeRoot(node), path.join(dir, node))
      await keepAddresses(path.join(dir, node), expectation.addresses[node] ?? {})
      await keepLogs(folder.nodeLog(node), path.join(dir, node), expectation.logs[node] ?? [])
      await keepRuntimeSpec(processes, path.join(dir, node))
    }
    const { spec, imageStore, bin } = record
    const snapshot: SnapshotRecord = { spec, takenAt: new Date().toISOString(), imageStore, bin, expectation }
    await writeFile(path.join(dir, recordFile), JSON.stringify(snapshot, undefined, 2))
  })
  await evict(kind, { maxBytes: maxSnapshotBytes, keepYoungerThanMs: 10 * 60_000 })
}

/** Whether a snapshot is kept that can still be restored: its tools and images are there, its certificates valid. */
export async function findSnapshot(key: string): Promise<SnapshotRecord | undefined> {
  const name = await snapshotKey(key)
  if (!(await isCached(kind, name))) return undefined
  const text = await readFile(path.join(cachedDir(kind, name), recordFile), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const snapshot = JSON.parse(text) as SnapshotRecord
  const isFresh = Date.now() - Date.parse(snapshot.takenAt) < maxAgeMs
  const parts = await Promise.all([snapshot.imageStore, snapshot.bin].map((dir) => readdir(dir).catch(() => undefined)))
  return isFresh && parts.every(Boolean) ? snapshot : undefined
}

/** Copies a snapshot's node files into a cluster's folder. */
export async function copySnapshot(key: string, folder: ClusterFolder, nodes: string[]): Promise<void> {
  const dir = cachedDir(kind, await snapshotKey(key))
  await Promise.all(
    nodes.map(async (node) => {
      await mkdir(folder.nodeDir(node), { recursive: true })
      await copyTree(path.join(dir, node), folder.nodeRoot(node))
    }),
  )
}

const kind = 'snapshots'
const recordFile = 'snapshot.json'
const maxSnapshotBytes = 8 * 1024 ** 3
/** Bound service-account tokens and client certificates live a year. */
const maxAgeMs = 180 * 24 * 3600 * 1000

/** A snapshot is restored with the tools it was made with, so it goes with the one of them that is our own. */
async function snapshotKey(key: string): Promise<string> {
  return keyOf({ format: 3, key, portal: await digestOfModule('portal') })
}

async function stopServices(record: ClusterRecord, services: string[], signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  const pids = Object.values(record.nodes).flatMap(({ init }) => services.map((service) => servicePid(init, service)))
  for (const pid of pids) if (pid !== undefined) process.kill(pid, signal)
  await until(
    async () =>
      Object.values(record.nodes).every(({ init }) =>
        services.every((service) => servicePid(init, service) === undefined),
      ),
    { what: `${services.join(', ')} to stop`, timeoutMs: 15_000, intervalMs: 10 },
  )
}

/** A node's own files: all but what is mounted over, what containers had, and logs. Empty-dir volumes are kept. */
async function copyNode(root: string, to: string): Promise<void> {
  await copyTree(root, to, [
    './var/lib/etcd',
    './var/lib/containerd',
    './var/lib/kubelet',
    './var/log',
    './tmp',
    './run',
    './var/lib/kubernetes/audit-policy.yaml',
  ])
  await mkdir(path.join(to, 'var/log'), { recursive: true })
  // etcd's log is 64 MB of zeros with a little at its start
  const etcd = path.join(root, 'var/lib/etcd')
  if (await readdir(etcd).catch(() => undefined)) {
    await mustRun(['cp', '--archive', '--sparse=always', etcd, path.join(to, 'var/lib/etcd')])
  }
  const kubelet = path.join(root, 'var/lib/kubelet')
  await mustRun(['mkdir', '--parents', path.join(to, 'var/lib/kubelet/pods')])
  const kept = ['pki']
  for (const pod of await readdir(path.join(kubelet, 'pods')).catch(() => [])) {
    kept.push(path.join('pods', pod, 'volumes/kubernetes.io~empty-dir'))
  }
  for (const entry of kept) {
    const isThere = await readdir(path.join(kubelet, entry)).catch(() => undefined)
    if (isThere) await copyTree(path.join(kubelet, entry), path.join(to, 'var/lib/kubelet', entry))
  }
}

/** Notes for the restored node which pod had which address. */
async function keepAddresses(root: string, addresses: Record<string, string>): Promise<void> {
  for (const [pod, address] of Object.entries(addresses)) {
    const file = path.join(root, 'var/lib/kubernetes/kept-addresses', pod)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, `${address}\n`)
  }
}

/**
 * Keeps what containers have said. It waits beside the log, since a kubelet that found a log at a container's start would
 * count a restart; the runtime's hook puts it at the beginning of the new one.
 */
async function keepLogs(from: string, root: string, containers: string[]): Promise<void> {
  for (const container of containers) {
    const text = await readFile(path.join(from, 'pods', container, '0.log')).catch(() => undefined)
    // the last line may be half written
    const whole = text?.subarray(0, text.lastIndexOf('\n') + 1) ?? ''
    if (whole.length === 0) continue
    const file = path.join(root, 'var/lib/kubernetes/kept-logs', container)
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, whole)
  }
}

/** What a restored node's container runtime makes containers from: its own default, and the hook for their logs. */
async function keepRuntimeSpec({ init }: NodeProcesses, root: string): Promise<void> {
  const { exitCode, stdout, stderr } = await execInNode(init, ['ctr', 'oci', 'spec'])
  if (exitCode !== 0) throw new KubemendError('no-runtime-spec', `ctr oci spec: ${stderr.trim()}`)
  const spec = JSON.parse(stdout) as Record<string, unknown>
  const hooks = { createRuntime: [{ path: inside.keptLogHook }] }
  await writeFile(path.join(root, inside.runtimeSpec), JSON.stringify({ ...spec, hooks }))
}

/** Copies a folder with holes, owners and links as they are; tar because it can leave things out. */
async function copyTree(from: string, to: string, without: string[] = []): Promise<void> {
  await mkdir(to, { recursive: true })
  const excludes = without.map((entry) => `--exclude=${entry}`)
  await mustRun([
    'bash',
    '-c',
    'set -o pipefail; tar --create --sparse --one-file-system --directory "$0" "${@:2}" . | tar --extract --sparse --preserve-permissions --directory "$1"',
    from,
    to,
    ...excludes,
  ])
}
