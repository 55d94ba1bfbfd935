import { createHash } from 'node:crypto'
import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { cached, keyOf } from '../../harness/base/cache.ts'
import { mustRun, runCommand } from '../../harness/base/command.ts'
import { KubemendError, messageOf } from '../../harness/base/errors.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import type { GoLayer } from './image-recipe.ts'

/** Builds a static program from a Go module of ours, once per content of its folder and Go version; answers the file. */
export async function buildGoProgram(layer: GoLayer, signal?: AbortSignal): Promise<string> {
  const dir = await cached('go-programs', keyOf(await goIngredients(layer)), async (draft) => {
    await mustRun(goBuildCommand(layer, path.join(draft, 'program')), {
      cwd: path.join(packageRoot, layer.module),
      env: { CGO_ENABLED: '0', GOOS: 'linux', GOWORK: 'off' },
      timeoutMs: 1_800_000,
      ...(signal ? { signal } : {}),
    })
  })
  return path.join(dir, 'program')
}

/** Everything the program's bytes depend on. */
export async function goIngredients(layer: GoLayer): Promise<unknown> {
  const { module, package: main = '.', variables = {} } = layer
  return [await folderDigest(path.join(packageRoot, module)), main, variables, await goVersion(), process.arch]
}

/** The Go release on this machine: "go1.26.8". */
function goVersion(): Promise<string> {
  return (knownGoVersion ??= readGoVersion())
}

/** What keeps Go programs from being built here, or undefined when nothing does. */
export async function whyNoGo(): Promise<string | undefined> {
  return goVersion().then(() => undefined, messageOf)
}

let knownGoVersion: Promise<string> | undefined

async function readGoVersion(): Promise<string> {
  const answer = await runCommand(['go', 'version'], { env: { GOTOOLCHAIN: 'local' } })
  const version = /\bgo\d[\w.]*/.exec(answer.stdout)?.[0]
  if (answer.exitCode === 0 && version !== undefined) return version
  throw new KubemendError('no-go', 'Go is not installed, and images of our own programs are built with it', {
    hint: 'install Go 1.25 or newer, or use a machine that reaches an image registry',
  })
}

function goBuildCommand(layer: GoLayer, output: string): string[] {
  const variables = Object.entries(layer.variables ?? {}).map(([name, value]) => ` -X ${name}=${value}`)
  const ldflags = `-s -w${variables.join('')}`
  return [
    'nice',
    'go',
    'build',
    '-trimpath',
    '-buildvcs=false',
    '-ldflags',
    ldflags,
    '-o',
    output,
    layer.package ?? '.',
  ]
}

/** A digest of the names and bytes of everything in a folder but its tests. */
async function folderDigest(dir: string): Promise<string> {
  const hash = createHash('sha256')
  const found = await readdir(dir, { recursive: true, withFileTypes: true })
  const files = found.filter((entry) => entry.isFile() && !/(_test\.go|\.md)$/.test(entry.name))
  for (const file of files.map((entry) => path.join(entry.parentPath, entry.name)).toSorted()) {
    const content = await readFile(file)
    hash.update(`${path.relative(dir, file)} ${content.length}\n`).update(content)
  }
  return hash.digest('hex')
}
