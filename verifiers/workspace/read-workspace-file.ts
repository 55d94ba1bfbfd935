import { constants } from 'node:fs'
import { open, readdir, realpath } from 'node:fs/promises'
import path from 'node:path'
import { notMet, unknown, type Verdict, type VerifyContext } from '../verifier.ts'

/** Reads a file of the workspace as bytes. Whoever repaired it may have left a link, a pipe or a giant: none is followed or read. */
export async function readWorkspaceFile(
  context: VerifyContext,
  file: string,
): Promise<{ content: Buffer } | { missing: string } | Verdict> {
  const { workspace } = context
  if (workspace === undefined) return unknown('this task has no workspace')
  const root = await realpath(workspace)
  const wanted = path.join(root, file)
  try {
    const real = await realpath(wanted)
    if (real !== wanted) return notMet(`${file} is a link, not a file`)
    const handle = await open(wanted, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    try {
      const facts = await handle.stat()
      if (!facts.isFile()) return notMet(`${file} is not a file`)
      if (facts.size > maxBytes) return notMet(`${file} has ${facts.size} bytes, more than ${maxBytes}`)
      return { content: await handle.readFile() }
    } finally {
      await handle.close()
    }
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? ''
    if (['ENOENT', 'ENOTDIR', 'ELOOP'].includes(code)) return { missing: `there is no ${file}` }
    throw error
  }
}

/** The YAML files below a folder of the workspace, as paths from its root. */
export async function listManifests(context: VerifyContext, folder: string): Promise<string[] | Verdict> {
  const { workspace } = context
  if (workspace === undefined) return unknown('this task has no workspace')
  const entries = await readdir(path.join(workspace, folder), { recursive: true, withFileTypes: true }).catch(() => [])
  const files = entries
    .filter((entry) => entry.isFile() && /\.(ya?ml|json)$/.test(entry.name))
    .map((entry) => path.relative(workspace, path.join(entry.parentPath, entry.name)))
  return files.toSorted()
}

const maxBytes = 4 * 1024 * 1024
