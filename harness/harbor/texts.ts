import { readdir, readFile, stat } from 'node:fs/promises'
import path from 'node:path'

export interface TextFile {
  /** From the folder that was asked about. */
  file: string
  text: string
}

/** Every text file below some folders of a task, as far as they are there and not huge. */
export async function readTexts(dir: string, folders: readonly string[]): Promise<TextFile[]> {
  const found: TextFile[] = []
  for (const folder of folders) {
    const entries = await readdir(path.join(dir, folder), { recursive: true, withFileTypes: true }).catch(() => [])
    for (const entry of entries) {
      if (!entry.isFile()) continue
      const file = path.join(entry.parentPath, entry.name)
      if ((await stat(file)).size > maxBytes) continue
      const bytes = await readFile(file)
      if (!bytes.includes(0)) found.push({ file: path.relative(dir, file), text: bytes.toString('utf8') })
    }
  }
  return found.toSorted((a, b) => (a.file < b.file ? -1 : 1))
}

const maxBytes = 2 ** 20
