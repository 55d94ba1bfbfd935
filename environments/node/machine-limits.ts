import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stateDir } from '../../harness/base/places.ts'
import { clustersDir } from './cluster-folder.ts'

/** Kernel settings of the whole machine that clusters need more of; nothing else outside our namespaces is changed. */
export const machineLimits: { file: string; wanted: number; why: string }[] = [
  { file: '/proc/sys/fs/inotify/max_user_instances', wanted: 8192, why: 'each cluster has about 21 inotify instances' },
  { file: '/proc/sys/fs/inotify/max_user_watches', wanted: 524_288, why: 'kubelets watch every mounted ConfigMap' },
]

/** Raises what is too low and remembers what it was. */
export async function raiseMachineLimits(): Promise<void> {
  for (const limit of machineLimits) {
    const now = (await readFile(limit.file, 'utf8')).trim()
    if (Number(now) >= limit.wanted) continue
    await mkdir(savedDir, { recursive: true })
    await writeFile(savedFile(limit.file), now, { flag: 'wx' }).catch(() => undefined)
    await writeFile(limit.file, String(limit.wanted))
  }
}

/** Puts the machine's own values back once no cluster is left. */
export async function restoreMachineLimits(): Promise<string[]> {
  const folders = [clustersDir, path.join(stateDir, 'kind')]
  const clusters = await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))
  if (clusters.flat().length > 0) return []
  const restored: string[] = []
  for (const limit of machineLimits) {
    const saved = await readFile(savedFile(limit.file), 'utf8').catch(() => undefined)
    if (saved === undefined) continue
    await writeFile(limit.file, saved)
    await rm(savedFile(limit.file), { force: true })
    restored.push(`${limit.file} is ${saved} again`)
  }
  return restored
}

const savedDir = path.join(stateDir, 'machine')

function savedFile(file: string): string {
  return path.join(savedDir, path.basename(file))
}
