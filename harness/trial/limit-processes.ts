import { existsSync } from 'node:fs'
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { sleep } from '../base/clock.ts'
import { isOfDead } from '../base/scratch.ts'

/** More than any program needs that is not out of hand; threads count too. */
const mostProcesses = 1024

/** A program under this limit, with all that it starts. Disposing of it is for when all of them have ended. */
export interface ProcessLimit extends AsyncDisposable {
  /** The command line that starts a program under it. */
  argv(program: readonly string[]): string[]
}

/**
 * Keeps a program that starts others without end from taking the whole machine; where cgroups are not ours, nothing does.
 * The name is that of its private folder.
 */
export async function limitProcesses(name: string): Promise<ProcessLimit> {
  const dir = path.join(hierarchy, name)
  try {
    await removeDead()
    await mkdir(dir)
    await writeFile(path.join(dir, 'pids.max'), String(mostProcesses))
  } catch {
    await rmdir(dir).catch(() => undefined)
    return { argv: (program) => [...program], [Symbol.asyncDispose]: () => Promise.resolve() }
  }
  return {
    argv: (program) => ['/bin/sh', '-c', 'echo $$ >"$0"; exec "$@"', path.join(dir, 'cgroup.procs'), ...program],
    async [Symbol.asyncDispose]() {
      for (let tries = 0; tries < 50 && existsSync(dir); tries++) {
        await rmdir(dir).catch(() => sleep(20))
      }
    },
  }
}

/** The pids controller: a hierarchy of its own in cgroups v1. */
const hierarchy = existsSync('/sys/fs/cgroup/pids') ? '/sys/fs/cgroup/pids' : '/sys/fs/cgroup'

/** What harnesses that were killed left. */
async function removeDead(): Promise<void> {
  const names = (await readdir(hierarchy)).filter(isOfDead)
  await Promise.all(names.map((name) => rmdir(path.join(hierarchy, name)).catch(() => undefined)))
}
