import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { storageError } from './storage-error.ts'

/** Writes a whole file or nothing: readers and a power cut see the old content or the new one, never a part. */
export async function writeAtomically(
  file: string,
  content: string | Uint8Array | AsyncIterable<string>,
): Promise<void> {
  const draft = path.join(
    path.dirname(file),
    `.${path.basename(file)}.${process.pid}-${randomBytes(4).toString('hex')}`,
  )
  try {
    await mkdir(path.dirname(file), { recursive: true })
    const handle = await open(draft, 'wx')
    try {
      await handle.writeFile(content)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(draft, file)
    await syncFolder(path.dirname(file))
  } catch (error) {
    await rm(draft, { force: true }).catch(() => undefined)
    throw storageError(error, file)
  }
}

/** A rename survives a power cut only when its folder is on disk, too. */
async function syncFolder(dir: string): Promise<void> {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
