import { statfs } from 'node:fs/promises'
import { runCommand } from '../../harness/base/command.ts'
import type { Problem } from '../provider.ts'
import type { ContainerEngine } from './engine.ts'

/** Whether there is room for one more cluster where the engine keeps containers, as far as that is on this machine. */
export async function diskProblem(engine: ContainerEngine): Promise<Problem | undefined> {
  const asked = [engine.program, 'info', '--format', '{{.DockerRootDir}}']
  const answer = await runCommand(asked, { env: engine.env, timeoutMs: 20_000 })
  const dir = answer.stdout.trim()
  return answer.exitCode === 0 && dir.startsWith('/') ? diskProblemOf(dir, wantedMb) : undefined
}

/** Whether a folder's file system lacks room; a folder that is not on this machine lacks none. */
export async function diskProblemOf(dir: string, wantedMb: number): Promise<Problem | undefined> {
  const found = await statfs(dir).catch(() => undefined)
  if (found === undefined) return undefined
  const freeMb = Math.floor((found.bavail * found.bsize) / 1024 ** 2)
  if (freeMb >= wantedMb) return undefined
  return {
    what: `the disk is full: ${freeMb} MB free in ${dir}, and a kind cluster wants ${wantedMb}`,
    cure: 'free some space (docker system df tells what images and volumes take)',
  }
}

/** A node image, and what one cluster writes. */
const wantedMb = 1500
