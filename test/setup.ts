import path from 'node:path'
import { ensureBinaries } from '../environments/node/binaries.ts'
import { findNodeProblems } from '../environments/node/node-problems.ts'
import { defaultMinor } from '../environments/node/versions.ts'

/** Gives every suite the kubectl that clusters are made with; where none can be made, the first in PATH has to do. */
export async function setup(): Promise<void> {
  if (process.env['KUBEMEND_TEST_KUBECTL'] || (await findNodeProblems()).length > 0) return
  const { bin } = await ensureBinaries(defaultMinor, (line) => process.stderr.write(`setup: ${line}\n`))
  process.env['KUBEMEND_TEST_KUBECTL'] = path.join(bin, 'kubectl')
}
