import { existsSync } from 'node:fs'
import path from 'node:path'
import { KubemendError } from '../../harness/base/errors.ts'
import { ensureBinaries } from '../node/binaries.ts'

/** A kubectl for this machine: the one of that Kubernetes version where there is one, otherwise the first in PATH. */
export async function findKubectl(kubernetes: string): Promise<string> {
  if (process.platform === 'linux') return path.join((await ensureBinaries(kubernetes)).bin, 'kubectl')
  const inPath = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((dir) => path.join(dir, 'kubectl'))
    .find((file) => existsSync(file))
  if (inPath === undefined) throw new KubemendError('no-kubectl', 'there is no kubectl in PATH')
  return inPath
}
