import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { runCommand } from '../../harness/base/command.ts'
import { isRunning, thisProcess, type ProcessId } from '../../harness/base/daemon.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { stateDir } from '../../harness/base/places.ts'
import { until } from '../../harness/base/retry.ts'
import { networkName } from './engine.ts'
import { kindFolders, type KindRecord } from './kind-folder.ts'

/**
 * Makes the network of our clusters before kind would: two that kind makes at once are ambiguous to Docker. Called
 * when the cluster is on record already, so that nobody removes the network meanwhile.
 */
export async function ensureNetwork(engine: KindRecord['engine']): Promise<void> {
  // Podman and nerdctl want networks as kind makes them
  if (engine.name !== 'docker') return
  await withLock(async () => {
    const docker = (words: string[]) => runCommand([engine.program, 'network', ...words], { env: engine.env })
    if ((await docker(['inspect', networkName])).exitCode === 0) return
    const masquerade = ['--opt', 'com.docker.network.bridge.enable_ip_masquerade=true']
    const made = await docker(['create', '--driver', 'bridge', ...masquerade, networkName])
    if (made.exitCode === 0) return
    throw new KubemendError('no-network', `Docker could not make the network ${networkName}: ${made.stderr.trim()}`)
  })
}

/** Removes the network when no cluster is left that could use it. */
export async function removeIdleNetwork(engine: KindRecord['engine']): Promise<void> {
  await withLock(async () => {
    if ((await kindFolders()).length > 0) return
    await runCommand([engine.program, 'network', 'rm', networkName], { env: engine.env })
  })
}

const lockFile = path.join(stateDir, 'kind-network.lock')

/** One process at a time; a lock whose holder has ended is nobody's. */
async function withLock(work: () => Promise<void>): Promise<void> {
  await mkdir(stateDir, { recursive: true })
  await until(takeLock, { what: 'the lock of the container network', timeoutMs: 60_000, intervalMs: 50 })
  try {
    await work()
  } finally {
    await rm(lockFile, { force: true })
  }
}

async function takeLock(): Promise<boolean> {
  try {
    await writeFile(lockFile, JSON.stringify(thisProcess()), { flag: 'wx' })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const text = await readFile(lockFile, 'utf8').catch(() => '')
  if (text !== '' && !isRunning(JSON.parse(text) as ProcessId)) await rm(lockFile, { force: true })
  return false
}
