import { readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { isRunning, startDaemon, type ProcessId } from '../../harness/base/daemon.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { until } from '../../harness/base/retry.ts'

/**
 * Makes one address inside a network namespace reachable on a port of the host's loopback; answers the port. The
 * program is in the namespace owner's pid namespace, so it ends with it.
 */
export async function openPortal(options: {
  /** The portal program of the embedded cluster. */
  program: string
  /** A process in the namespaces. */
  init: ProcessId
  target: string
  /** Where its files go. */
  dir: string
}): Promise<{ port: number; process: ProcessId }> {
  const portFile = path.join(options.dir, 'port')
  const logFile = path.join(options.dir, 'portal.log')
  await rm(portFile, { force: true })
  const portal = startDaemon(
    [
      'nsenter',
      `--pid=/proc/${options.init.pid}/ns/pid`,
      '--',
      options.program,
      '-netns',
      `/proc/${options.init.pid}/ns/net`,
      '-target',
      options.target,
      '-port-file',
      portFile,
      '-socket',
      path.join(options.dir, 'dial.sock'),
    ],
    { logFile },
  )
  const port = await until(
    async () => {
      const text = await readFile(portFile, 'utf8').catch(() => '')
      if (text !== '') return Number(text)
      if (isRunning(portal)) return undefined
      const said = await readFile(logFile, 'utf8').catch(() => '')
      throw new KubemendError('portal-died', `the portal ended: ${said.trim()}`)
    },
    { what: 'the portal to listen', timeoutMs: 5_000, intervalMs: 10 },
  )
  return { port, process: portal }
}
