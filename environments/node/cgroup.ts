import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sleep } from '../../harness/base/clock.ts'

const root = '/sys/fs/cgroup'

/** Whether this machine has the unified hierarchy (v2). */
export const isUnified: boolean = existsSync(path.join(root, 'cgroup.controllers'))

/** The cgroup of a cluster, as a path below every hierarchy's root. */
export function clusterCgroup(cluster: string): string {
  return `kube-${cluster}`
}

/** The node's own processes are in `system`, its pods below `pods`. */
export async function createNodeCgroup(cluster: string, node: string): Promise<void> {
  const base = path.join(clusterCgroup(cluster), node)
  for (const hierarchy of await controllerHierarchies()) {
    for (const group of [clusterCgroup(cluster), base, path.join(base, 'pods'), path.join(base, 'system')]) {
      const dir = path.join(hierarchy, group)
      await mkdir(dir, { recursive: true })
      await passDown(dir)
    }
  }
}

/** The files a process writes its id into to be inside the node's `system` group. */
export async function systemProcsFiles(cluster: string, node: string): Promise<string[]> {
  return (await controllerHierarchies()).map((h) =>
    path.join(h, clusterCgroup(cluster), node, 'system', 'cgroup.procs'),
  )
}

/** Every process in the cluster's groups, by host process id. */
export async function cgroupProcesses(cluster: string): Promise<number[]> {
  const hierarchy = isUnified ? root : path.join(root, 'pids')
  const found: number[] = []
  await walk(path.join(hierarchy, clusterCgroup(cluster)), async (dir) => {
    const text = await readFile(path.join(dir, 'cgroup.procs'), 'utf8').catch(() => '')
    found.push(...text.split('\n').filter(Boolean).map(Number))
  })
  return found
}

/** CPU time of everything the cluster ever ran, in milliseconds. */
export async function cgroupCpuMs(cluster: string): Promise<number> {
  if (isUnified) {
    const stat = await readFile(path.join(root, clusterCgroup(cluster), 'cpu.stat'), 'utf8')
    return Number(/usage_usec (\d+)/.exec(stat)?.[1] ?? 0) / 1000
  }
  return Number(await readFile(path.join(root, 'cpuacct', clusterCgroup(cluster), 'cpuacct.usage'), 'utf8')) / 1e6
}

/** Removes the cluster's groups in every hierarchy; waits a little for the last process to be gone. */
export async function removeCgroup(cluster: string): Promise<void> {
  for (const hierarchy of await hierarchies()) {
    const top = path.join(hierarchy, clusterCgroup(cluster))
    for (let attempt = 0; existsSync(top); attempt++) {
      await walk(top, (dir) => rmdir(dir).catch(() => undefined))
      if (!existsSync(top)) break
      if (attempt === 100) throw new Error(`${top} is still in use`)
      await sleep(10)
    }
  }
}

/** The mounted hierarchies: one in v2, one a controller in v1 (linked names counted once). */
async function hierarchies(): Promise<string[]> {
  if (isUnified) return [root]
  const entries = await readdir(root, { withFileTypes: true })
  return entries.filter((e) => e.isDirectory()).map((e) => path.join(root, e.name))
}

/** Without the v2 tree that hybrid machines mount beside v1: container runtimes may use it, we do not. */
async function controllerHierarchies(): Promise<string[]> {
  return (await hierarchies()).filter((dir) => !dir.endsWith('/unified'))
}

/** v1 cpusets start empty; v2 controllers must be enabled for children. */
async function passDown(dir: string): Promise<void> {
  if (isUnified) {
    if (dir.endsWith('/system') || dir.endsWith('/pods')) return
    const controllers = (await readFile(path.join(dir, 'cgroup.controllers'), 'utf8')).trim().split(' ')
    await writeFile(path.join(dir, 'cgroup.subtree_control'), controllers.map((c) => `+${c}`).join(' ')).catch(
      () => undefined,
    )
    return
  }
  for (const file of ['cpuset.cpus', 'cpuset.mems']) {
    if (!existsSync(path.join(dir, file))) continue
    const own = (await readFile(path.join(dir, file), 'utf8')).trim()
    if (own === '') await writeFile(path.join(dir, file), await readFile(path.join(dir, '..', file), 'utf8'))
  }
}

async function walk(dir: string, visit: (dir: string) => Promise<unknown>): Promise<void> {
  const entries = await readdir(dir, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await walk(path.join(dir, entry.name), visit)
  await visit(dir)
}
