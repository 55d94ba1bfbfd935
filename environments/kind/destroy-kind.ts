import { rm } from 'node:fs/promises'
import { runCommand } from '../../harness/base/command.ts'
import { isRunning } from '../../harness/base/daemon.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { until } from '../../harness/base/retry.ts'
import { restoreMachineLimits } from '../node/machine-limits.ts'
import { removeIdleNetwork } from './network.ts'
import { findOwnDocker } from './own-docker.ts'
import { kindFolders, type KindFolder, type KindRecord } from './kind-folder.ts'

/** Ends everything of a cluster and returns when nothing of it is left: containers, volumes, portal, files. */
export async function destroyKind(folder: KindFolder, record: KindRecord | undefined): Promise<void> {
  if (record) {
    await deleteContainers(folder, record)
    // its group: who was started waits for the program that it started in Docker's namespaces
    if (record.portal && isRunning(record.portal)) process.kill(-record.portal.pid, 'SIGKILL')
  }
  await rm(folder.dir, { recursive: true, force: true, maxRetries: 5 })
  if ((await kindFolders()).length > 0) return
  if (record) await removeIdleNetwork(record.engine)
  await restoreMachineLimits()
}

/** The containers of a kind cluster, by the label that kind gives them. */
export async function containersOf(engine: KindRecord['engine'], kindName: string): Promise<string[]> {
  const filter = `label=io.x-k8s.kind.cluster=${kindName}`
  const answer = await runCommand([engine.program, 'ps', '--all', '--quiet', '--filter', filter], { env: engine.env })
  if (answer.exitCode !== 0) {
    throw new KubemendError('no-engine', `${engine.name} does not answer: ${answer.stderr.trim()}`, {
      hint: 'the cluster stays on record until it does',
    })
  }
  return answer.stdout.split('\n').filter(Boolean)
}

/** kind's own way; where that is not enough, each container by its label. */
async function deleteContainers(folder: KindFolder, { kind, engine }: KindRecord): Promise<void> {
  // the end of a dockerd of our own was the end of its containers
  if (engine.isOwn && !(await findOwnDocker())) return
  const words = [kind, 'delete', 'cluster', '--name', folder.kindName, '--kubeconfig', `${folder.kubeconfig}.kind`]
  await runCommand(words, { env: engine.env, timeoutMs: 60_000 })
  await until(
    async () => {
      const left = await containersOf(engine, folder.kindName)
      if (left.length === 0) return true
      await runCommand([engine.program, 'rm', '--force', '--volumes', ...left], { env: engine.env })
      return false
    },
    { what: `the containers of cluster ${folder.name} to end`, timeoutMs: 60_000, intervalMs: 200 },
  )
}
