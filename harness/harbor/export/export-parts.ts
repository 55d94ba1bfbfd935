import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { mustRun } from '../../base/command.ts'
import { packageRoot } from '../../base/package-root.ts'
import type { ExportParts } from './export-task.ts'

/** Packs our own package and program into a folder, from a checkout and from the installed package alike. */
export async function makeExportParts(options: {
  dir: string
  /** A package that is packed already. */
  packageFile?: string | undefined
  kubemend: string
  onProgress: (line: string) => void
}): Promise<ExportParts> {
  const { dir, kubemend } = options
  const isCheckout = existsSync(path.join(packageRoot, 'harness/cli/main.ts'))
  const verifyProgram = isCheckout
    ? path.join(dir, 'kubemend-verify.mjs')
    : path.join(packageRoot, 'dist/kubemend-verify.mjs')
  if (isCheckout) {
    const { bundleVerify } = await import('./bundle-verify.ts')
    await bundleVerify(verifyProgram)
  }
  if (options.packageFile !== undefined) return { packageFile: options.packageFile, verifyProgram, kubemend }
  options.onProgress(isCheckout ? 'building and packing kubemend' : 'packing kubemend')
  // what is installed was built when it was packed, and has not the means to be built again
  const how = isCheckout ? [] : ['--ignore-scripts']
  await mustRun(['npm', 'pack', '--silent', ...how, '--pack-destination', dir], {
    cwd: packageRoot,
    timeoutMs: 600_000,
  })
  const [packed = ''] = (await readdir(dir)).filter((name) => name.endsWith('.tgz'))
  return { packageFile: path.join(dir, packed), verifyProgram, kubemend }
}
