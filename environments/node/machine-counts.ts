import { existsSync } from 'node:fs'
import { readdir, readFile, readlink } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { runCommand } from '../../harness/base/command.ts'
import { stateDir } from '../../harness/base/places.ts'

/** What clusters could leave on a machine, counted. */
export interface MachineCounts {
  /** Processes that belong to the named clusters: by control group, command line, or a namespace that is not ours. */
  processes: number
  /** Mounts in our namespace that lead to the named clusters. */
  mounts: number
  /** Namespaces kept alive by a mount. */
  pinnedNamespaces: number
  /** Network interfaces of the machine itself. */
  links: number
  routes: number
  cgroups: number
  nftTables: number
  loopDevices: number
  /** Files and folders of the named clusters below the state folder, /tmp and /run. */
  files: number
}

/** Counts what there is of clusters whose names begin with a prefix, and what the machine has whoever made it. */
export async function countMachine(prefix: string): Promise<MachineCounts> {
  const lines = async (...argv: string[]): Promise<number> => {
    const { stdout } = await runCommand(argv)
    return stdout.split('\n').filter((line) => line.trim() !== '').length
  }
  const mountinfo = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n')
  const [processes, links, routes, nftTables, loopDevices, cgroups, files] = await Promise.all([
    countProcesses(prefix),
    lines('ip', '-oneline', 'link'),
    lines('ip', 'route'),
    lines('nft', 'list', 'tables'),
    lines('losetup', '--list', '--noheadings'),
    countCgroups(prefix),
    countFiles(prefix),
  ])
  return {
    processes,
    mounts: mountinfo.filter((line) => line.includes(`/${prefix}`)).length,
    pinnedNamespaces: mountinfo.filter((line) => line.includes(' nsfs ')).length,
    links,
    routes,
    cgroups,
    nftTables,
    loopDevices,
    files,
  }
}

/** What there is more of, or less, as sentences; empty when a machine is as it was. */
export function describeChange(before: MachineCounts, after: MachineCounts): string[] {
  return (Object.keys(before) as (keyof MachineCounts)[])
    .filter((what) => before[what] !== after[what])
    .map((what) => `${what}: ${before[what]} before, ${after[what]} after`)
}

async function countProcesses(prefix: string): Promise<number> {
  let count = 0
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    const [cgroup, command, cwd] = await Promise.all([
      readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => ''),
      readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
      readlink(`/proc/${pid}/cwd`).catch(() => ''),
    ])
    const isOfCluster = cgroup.includes(`/kube-${prefix}`) || cwd.includes(`/clusters/${prefix}`)
    if (isOfCluster || command.includes(`/clusters/${prefix}`)) count++
  }
  return count
}

async function countCgroups(prefix: string): Promise<number> {
  const root = '/sys/fs/cgroup'
  const hierarchies = ['', ...(await readdir(root))].map((name) => path.join(root, name))
  let count = 0
  for (const dir of hierarchies) {
    for (const name of await readdir(dir).catch(() => [])) if (name.startsWith(`kube-${prefix}`)) count++
  }
  return count
}

async function countFiles(prefix: string): Promise<number> {
  const clusters = await readdir(path.join(stateDir, 'clusters')).catch(() => [])
  let count = clusters.filter((name) => name.startsWith(prefix)).length
  for (const dir of [os.tmpdir(), '/run', '/run/netns', '/var/lib/cni', '/var/run/containerd']) {
    if (!existsSync(dir)) continue
    count += (await readdir(dir).catch(() => [])).filter((name) => name.includes(prefix)).length
  }
  return count
}
