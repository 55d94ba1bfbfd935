import { access, constants, readFile, realpath, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { cached, isCached } from '../../harness/base/cache.ts'
import { runCommand } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import type { NpmInstall } from './define-cli.ts'

const cacheKind = 'agents'

export function isInstalled(install: NpmInstall): Promise<boolean> {
  return isCached(cacheKind, keyOf(install))
}

/** Installs a program's package into the cache, once per version, and answers the folder that holds `node_modules`. */
export function installCli(install: NpmInstall): Promise<string> {
  return cached(cacheKind, keyOf(install), async (dir) => {
    await writeFile(path.join(dir, 'package.json'), '{ "private": true }\n')
    const wanted = `${install.package}@${install.version}`
    // some packages fetch their program in a script
    const argv = ['npm', 'install', '--no-fund', '--no-audit', '--foreground-scripts', wanted]
    const result = await runCommand(argv, { cwd: dir, timeoutMs: 600_000, maxBytes: 1_000_000 })
    if (result.exitCode !== 0)
      throw new KubemendError('agent-install', `${wanted} could not be installed: ${lastLine(result.stderr)}`, {
        hint: 'npm must reach its registry once; the program is kept in the cache afterwards',
      })
  })
}

/** How the installed program is started: by node, or by itself where it is a binary. */
export async function entryOf(dir: string, install: NpmInstall): Promise<{ file: string; isScript: boolean }> {
  const root = path.join(dir, 'node_modules', install.package)
  const manifest = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8')) as { bin?: unknown }
  const bins = manifest.bin
  const bin = typeof bins === 'string' ? bins : (bins as Record<string, string> | undefined)?.[install.bin]
  if (bin === undefined) throw new KubemendError('agent-install', `${install.package} has no program ${install.bin}`)
  const file = path.join(root, bin)
  const start = (await readFile(file)).subarray(0, 200).toString('latin1')
  return { file, isScript: /^#!.*\bnode\b/.test(start) || /\.[cm]?js$/.test(file) }
}

/** A program on the PATH or at a path of its own. */
export async function findProgram(program: string, searchPath = ''): Promise<string | undefined> {
  if (program === '') return undefined
  const places = program.includes('/')
    ? [path.resolve(program)]
    : searchPath.split(path.delimiter).map((dir) => path.join(dir, program))
  for (const place of places) {
    try {
      await access(place, constants.X_OK)
      return await realpath(place)
    } catch {
      // not here
    }
  }
  return undefined
}

function keyOf({ package: name, version }: NpmInstall): string {
  return `${name.replaceAll('/', '-').replace('@', '')}-${version}-${process.platform}-${process.arch}`
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}
