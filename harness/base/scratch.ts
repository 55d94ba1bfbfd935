import { mkdtemp, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { isRunning, thisProcess } from './daemon.ts'

/** A private folder for what need not outlive this process; its name says whose it is. */
export function makeScratch(kind: string, parent: string = os.tmpdir()): Promise<string> {
  const { pid, startedAt } = thisProcess()
  return mkdtemp(path.join(parent, `kubemend-${kind}-${pid}-${startedAt}-`))
}

/** Removes the private folders of processes that were killed before they could. */
export async function removeDeadScratch(parent: string = os.tmpdir()): Promise<string[]> {
  const names = await readdir(parent).catch((): string[] => [])
  const dirs = names.filter(isOfDead).map((name) => path.join(parent, name))
  await Promise.all(dirs.map((dir) => rm(dir, { recursive: true, force: true })))
  return dirs
}

/** Whether a private folder's process has ended, by the folder's name. */
export function isOfDead(name: string): boolean {
  const [, pid, startedAt] = /^kubemend-[a-z-]+-(\d+)-(\w+)-\w+$/.exec(name) ?? []
  return pid !== undefined && startedAt !== undefined && !isRunning({ pid: Number(pid), startedAt })
}
