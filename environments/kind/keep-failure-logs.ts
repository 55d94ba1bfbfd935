import { rm } from 'node:fs/promises'
import path from 'node:path'
import { KubemendError, messageOf } from '../../harness/base/errors.ts'
import { stateDir } from '../../harness/base/places.ts'
import type { KindCluster } from './kind-cluster.ts'

/** Exports what a cluster that did not come up has to say; answers the error with where that is. */
export async function keepFailureLogs(cluster: KindCluster, error: unknown): Promise<unknown> {
  const dir = path.join(stateDir, 'failed', cluster.folder.kindName)
  await rm(dir, { recursive: true, force: true })
  const refusal = await cluster.collectLogs(dir).then(() => undefined, messageOf)
  if (refusal !== undefined) return error
  const known = error instanceof KubemendError ? error : undefined
  return new KubemendError(known?.code ?? 'no-cluster', messageOf(error), {
    hint: [known?.hint, `its logs are in ${dir}`].filter(Boolean).join('; '),
    cause: error,
  })
}
