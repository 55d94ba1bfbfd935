import { existsSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder that holds package.json and all data files, from a checkout and from the packed package alike. */
export const packageRoot: string = findRoot(path.dirname(fileURLToPath(import.meta.url)))

function findRoot(dir: string): string {
  return existsSync(path.join(dir, 'package.json')) ? dir : findRoot(path.dirname(dir))
}
