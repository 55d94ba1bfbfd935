import { existsSync } from 'node:fs'
import { link, realpath, symlink } from 'node:fs/promises'
import path from 'node:path'

/** Puts programs into a folder, each file once: several names of one program become links to it. */
export async function placePrograms(bin: string, names: readonly string[], dir: string): Promise<void> {
  for (const name of names) {
    const file = await realpath(path.join(bin, name))
    const target = path.join(dir, path.basename(file))
    if (!existsSync(target)) await link(file, target)
    if (path.basename(file) !== name) await symlink(path.basename(file), path.join(dir, name))
  }
}
