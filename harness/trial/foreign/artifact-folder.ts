import { lstat, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { mustRun } from '../../base/command.ts'
import { makeScratch } from '../../base/scratch.ts'
import type { WantedArtifact } from '../../harbor/wanted-artifacts.ts'
import { copyPlain } from './box-root.ts'

/** A file or folder of this machine, and where it was in a service. */
export interface ArtifactFile {
  file: string
  place: string
  service: string
}

/** Where artifacts are kept: where Harbor has them, with its manifest of what was asked for and what came of it. */
export class ArtifactFolder {
  /** What was kept, for a verifier that is to have it where it was. */
  readonly files: ArtifactFile[] = []
  readonly #dir: string
  readonly #log: (line: string) => void
  readonly #taken: { target: string; source: string }[] = []
  readonly #manifest: Record<string, unknown>[] = []

  constructor(dir: string, log: (line: string) => void) {
    this.#dir = dir
    this.#log = log
  }

  /** Keeps what an artifact was found to be: a copy that nobody else writes to; undefined where there is no such thing. */
  async keep(wanted: WantedArtifact, found: string | undefined): Promise<void> {
    const { source, service, destination, exclude } = wanted
    const target = path.join(this.#dir, destination)
    const info = found === undefined ? undefined : await lstat(found).catch(() => undefined)
    const type = (info?.isDirectory() ?? path.extname(source) === '') ? 'directory' : 'file'
    const told = (status: string): void =>
      void this.#manifest.push({
        source,
        destination: path.posix.join('artifacts', destination),
        type,
        status,
        service: service === 'main' ? null : service,
        exclude: type === 'directory' ? exclude : [],
      })
    const before = this.#taken.find((one) => overlaps(one.target, target) && one.source !== source)
    if (before || overlaps(target, this.#manifestFile)) {
      this.#log(`artifact ${source}: ${destination} is ${before ? `where ${before.source} is kept` : 'the manifest'}`)
      return told('skipped')
    }
    this.#taken.push({ target, source })
    // a link would lead wherever whoever made it wants
    if (found === undefined || (!info?.isFile() && !info?.isDirectory())) {
      if (wanted.isAsked) this.#log(`artifact ${source}: ${service} has no such file`)
      return told(wanted.isAsked ? 'failed' : 'empty')
    }
    if (!wanted.isAsked && info.isDirectory() && (await readdir(found)).length === 0) return told('empty')
    await rm(target, { recursive: true, force: true })
    await (info.isDirectory() && exclude.length > 0 ? copyWithout(found, target, exclude) : copyPlain(found, target))
    this.files.push({ file: target, place: source, service })
    told('ok')
  }

  /** Writes the manifest, which says of everything what came of it. */
  async close(): Promise<void> {
    await mkdir(this.#dir, { recursive: true })
    await writeFile(this.#manifestFile, `${JSON.stringify(this.#manifest, undefined, 2)}\n`)
  }

  get #manifestFile(): string {
    return path.join(this.#dir, 'manifest.json')
  }
}

/** Copies a folder but for what tar's patterns name, because those are what tasks are written for. */
async function copyWithout(from: string, to: string, exclude: readonly string[]): Promise<void> {
  const dir = await makeScratch('artifact')
  try {
    const [plain, archive] = [path.join(dir, 'plain'), path.join(dir, 'archive.tar')]
    await copyPlain(from, plain)
    const patterns = exclude.map((pattern) => `--exclude=${pattern}`)
    await mustRun(['tar', '--create', `--file=${archive}`, ...patterns, `--directory=${plain}`, '.'])
    await mkdir(to, { recursive: true })
    await mustRun(['tar', '--extract', `--file=${archive}`, `--directory=${to}`])
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

function overlaps(a: string, b: string): boolean {
  return a === b || a.startsWith(`${b}/`) || b.startsWith(`${a}/`)
}
