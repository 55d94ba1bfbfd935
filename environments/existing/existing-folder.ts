import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { keyOf } from '../../harness/base/cache.ts'
import { isRunning, type ProcessId } from '../../harness/base/daemon.ts'
import { InputError } from '../../harness/base/errors.ts'
import { stateDir } from '../../harness/base/places.ts'
import { writeAtomically } from '../../harness/base/write-atomically.ts'
import type { ClusterSpec } from '../provider.ts'
import type { Survey } from './survey.ts'

/** What another process must know to use a lent cluster, or to give it back. */
export interface ExistingRecord {
  spec: ClusterSpec
  createdAt: string
  /** Whose death makes it to be given back; null for nobody's. */
  owner: ProcessId | null
  maker: ProcessId
  state: 'starting' | 'running'
  context: string
  server: string
  auditLog?: string
}

/** Where what we know of one lent cluster lies: on this machine, never in the cluster. */
export class ExistingFolder {
  readonly name: string
  readonly dir: string

  constructor(name: string) {
    this.name = name
    this.dir = path.join(existingDir, name)
  }

  get kubeconfig(): string {
    return path.join(this.dir, 'kubeconfig')
  }

  async readRecord(): Promise<ExistingRecord | undefined> {
    return readJson<ExistingRecord>(path.join(this.dir, 'cluster.json'))
  }

  async writeRecord(record: ExistingRecord): Promise<void> {
    await writeAtomically(path.join(this.dir, 'cluster.json'), JSON.stringify(record, undefined, 2))
  }

  async readSurvey(): Promise<Survey | undefined> {
    return readJson<Survey>(path.join(this.dir, 'survey.json'))
  }

  async writeSurvey(survey: Survey): Promise<void> {
    await writeAtomically(path.join(this.dir, 'survey.json'), JSON.stringify(survey))
  }

  /** Takes the name, and the cluster itself: one server is lent to one trial at a time. */
  async claim(record: ExistingRecord, kubeconfig: string): Promise<void> {
    await mkdir(existingDir, { recursive: true, mode: 0o700 })
    try {
      await mkdir(this.dir, { mode: 0o700 })
    } catch (error) {
      throw new InputError([`cluster ${this.name} exists already`], { cause: error })
    }
    try {
      await this.#lockServer(record)
      await writeFile(this.kubeconfig, kubeconfig, { mode: 0o600 })
      await this.writeRecord(record)
    } catch (error) {
      await this.remove()
      throw error
    }
  }

  /** Forgets the cluster and frees its server. */
  async remove(): Promise<void> {
    for (const name of await readdir(locksDir).catch(() => [])) {
      const lock = path.join(locksDir, name)
      if ((await readText(lock)) === this.name) await rm(lock, { force: true })
    }
    await rm(this.dir, { recursive: true, force: true })
  }

  async #lockServer({ server, context }: ExistingRecord): Promise<void> {
    await mkdir(locksDir, { recursive: true, mode: 0o700 })
    const lock = path.join(locksDir, keyOf(server))
    for (;;) {
      try {
        await writeFile(lock, this.name, { flag: 'wx' })
        return
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
      }
      const holder = await readText(lock)
      if (holder !== undefined && holder !== '' && (await new ExistingFolder(holder).exists())) {
        throw new InputError([`context ${context} is in use as cluster ${holder}`], {
          hint: `wait for its end, or kubemend cluster down ${holder}`,
        })
      }
      await rm(lock, { force: true })
    }
  }

  async exists(): Promise<boolean> {
    return (await readdir(this.dir).catch(() => undefined)) !== undefined
  }
}

/** Whose a lent cluster is, and whether they still live. */
export function ownerOf(record: ExistingRecord, me: ProcessId): 'this-process' | 'another-process' | 'nobody' | 'died' {
  const owner = record.owner ?? (record.state === 'starting' ? record.maker : null)
  if (owner === null) return 'nobody'
  if (!isRunning(owner)) return 'died'
  return owner.pid === me.pid ? 'this-process' : 'another-process'
}

/** Every cluster that is lent to us now. */
export async function existingFolders(): Promise<ExistingFolder[]> {
  const names = await readdir(existingDir).catch(() => [])
  return names.map((name) => new ExistingFolder(name))
}

const existingDir = path.join(stateDir, 'existing')
const locksDir = path.join(stateDir, 'existing-locks')

async function readText(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined)
}

async function readJson<T>(file: string): Promise<T | undefined> {
  const text = await readText(file)
  return text === undefined ? undefined : (JSON.parse(text) as T)
}
