import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../base/package-root.ts'

const manifest = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as { version: string }

/** Our own version. */
export const version: string = manifest.version
