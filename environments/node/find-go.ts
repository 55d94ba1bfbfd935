import { mkdir, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { cached, cachedDir, isCached, keyOf } from '../../harness/base/cache.ts'
import { mustRun, runCommand } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { download, isReachable } from './download.ts'
import { releaseChecksums, type Checksum } from './release-checksums.ts'

export interface FindGoOptions {
  onProgress?: (line: string) => void
  /** The toolchain that is downloaded where none is installed. */
  url?: string
  pins?: Readonly<Record<string, Checksum>>
  path?: string
}

/** The `go` program that builds our modules: the installed one where it is new enough, otherwise downloaded. */
export async function findGo(options: FindGoOptions = {}): Promise<string> {
  const installed = await installedGo(options.path ?? process.env['PATH'] ?? '')
  if (installed !== undefined && isNewEnough(installed)) return 'go'
  const url = options.url ?? goUrl
  const checksum = (options.pins ?? releaseChecksums)[url]
  const key = keyOf({ url, checksum })
  const program = path.join(cachedDir(kind, key), 'go/bin/go')
  if (await isCached(kind, key)) return program
  if (checksum === undefined || !(await isReachable(url))) throw missingGo(installed)
  await cached(kind, key, async (dir) => {
    options.onProgress?.(`downloading ${path.basename(url)} (60 MB)`)
    const file = path.join(dir, 'archive')
    await download(url, checksum, file)
    await mkdir(path.join(dir, 'go'), { recursive: true })
    await mustRun(['tar', '--extract', '--file', file, '--directory', dir, '--no-same-owner', 'go'])
    await rm(file)
  })
  return program
}

const kind = 'binaries'
const oldest = { major: 1, minor: 26 }
const goUrl = `https://go.dev/dl/go1.26.1.linux-${os.arch() === 'x64' ? 'amd64' : os.arch()}.tar.gz`

/** Its version, asked outside of any module, since a go.mod may have it fetch another toolchain. */
async function installedGo(searchPath: string): Promise<string | undefined> {
  const answer = await runCommand(['go', 'version'], {
    cwd: os.tmpdir(),
    env: { PATH: searchPath, GOTOOLCHAIN: 'local' },
  })
  return /go version go([\d.]+)/.exec(answer.stdout)?.[1]
}

function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > oldest.major || (major === oldest.major && minor >= oldest.minor)
}

function missingGo(installed: string | undefined): KubemendError {
  const found = installed === undefined ? 'none is installed' : `${installed} is installed`
  return new KubemendError('no-go', `Go ${oldest.major}.${oldest.minor} or newer is needed, ${found}`, {
    hint: `install it from https://go.dev/dl/ and put it on PATH, or let this machine reach go.dev`,
  })
}
