import { rm } from 'node:fs/promises'
import { isRunning, startTimeOf } from '../../harness/base/daemon.ts'
import { until } from '../../harness/base/retry.ts'
import { cgroupProcesses, removeCgroup } from './cgroup.ts'
import type { ClusterFolder, ClusterRecord } from './cluster-folder.ts'
import { restoreMachineLimits } from './machine-limits.ts'

/** Ends everything of a cluster and returns when nothing of it is left: processes, mounts, groups, files. */
export async function destroyCluster(folder: ClusterFolder, record: ClusterRecord | undefined): Promise<void> {
  await killProcesses(folder, record)
  await removeCgroup(folder.name)
  // the folder goes last: as long as anything is left, the folder is there to tell of it
  await rm(folder.dir, { recursive: true, force: true, maxRetries: 5 })
  await restoreMachineLimits()
}

/**
 * The end of each first process ends its pid namespace; whoever is in the cluster's control groups besides is ended
 * by name of the group, so that a half-started cluster goes too.
 */
async function killProcesses(folder: ClusterFolder, record: ClusterRecord | undefined): Promise<void> {
  const known = Object.values(record?.nodes ?? {}).flatMap((node) => [node.init, node.outside])
  for (const process of known) if (isRunning(process)) kill(process.pid)
  await until(
    async () => {
      const left = await cgroupProcesses(folder.name)
      for (const pid of left) kill(pid)
      return left.length === 0 && known.every((process) => startTimeOf(process.pid) !== process.startedAt)
    },
    { what: `the processes of cluster ${folder.name} to end`, timeoutMs: 30_000, intervalMs: 15 },
  )
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // it has ended already
  }
}
