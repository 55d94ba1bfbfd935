import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ProcessId } from '../../harness/base/daemon.ts'
import { InputError } from '../../harness/base/errors.ts'
import { stateDir } from '../../harness/base/places.ts'
import type { ClusterSpec } from '../provider.ts'

/** What another process must know to use, judge or remove a cluster; written before anything is started. */
export interface KindRecord {
  spec: ClusterSpec
  createdAt: string
  /** Whose death makes the cluster garbage; null for nobody's. */
  owner: ProcessId | null
  /** Who brings it up. */
  maker: ProcessId
  state: 'starting' | 'running'
  /** The kind program that made it. */
  kind: string
  /** What makes `kind` and the container engine talk to the right daemon. */
  engine: { name: string; program: string; env: Record<string, string>; isOwn: boolean }
  /** Brings the API server to the host's loopback, where the daemon has a network of its own. */
  portal?: ProcessId
}

/** Where everything of one cluster lies that is not in its containers. */
export class KindFolder {
  readonly name: string
  readonly dir: string

  constructor(name: string) {
    this.name = name
    this.dir = path.join(kindDir, name)
  }

  /** kind's own name of the cluster, with which its containers' names begin: it says whose they are. */
  get kindName(): string {
    return `${kindPrefix}${this.name}`
  }
  get recordFile(): string {
    return path.join(this.dir, 'cluster.json')
  }
  get configFile(): string {
    return path.join(this.dir, 'kind.yaml')
  }
  get kubeconfig(): string {
    return path.join(this.dir, 'kubeconfig')
  }
  get logFile(): string {
    return path.join(this.dir, 'kind.log')
  }
  get auditPolicy(): string {
    return path.join(this.dir, 'audit-policy.yaml')
  }
  get auditDir(): string {
    return path.join(this.dir, 'audit')
  }
  /** Files that are mounted into one node. */
  nodeDir(node: string): string {
    return path.join(this.dir, 'nodes', node)
  }

  async readRecord(): Promise<KindRecord | undefined> {
    const text = await readFile(this.recordFile, 'utf8').catch(() => undefined)
    return text === undefined ? undefined : (JSON.parse(text) as KindRecord)
  }

  /** Takes the name for a new cluster; of two at once only one gets it. */
  async claim(record: KindRecord): Promise<void> {
    await mkdir(kindDir, { recursive: true, mode: 0o700 })
    try {
      await mkdir(this.dir, { mode: 0o700 })
    } catch (error) {
      throw new InputError([`cluster ${this.name} exists already`], {
        hint: `kubemend cluster down ${this.name}`,
        cause: error,
      })
    }
    await this.writeRecord(record)
  }

  async writeRecord(record: KindRecord): Promise<void> {
    const draft = `${this.recordFile}.${process.pid}.draft`
    await writeFile(draft, JSON.stringify(record, undefined, 2), { mode: 0o600 })
    await rename(draft, this.recordFile)
  }
}

export const kindDir: string = path.join(stateDir, 'kind')

/** What the names of our kind clusters begin with. */
export const kindPrefix = 'kubemend-'

/** Every kind cluster folder of this machine's user, alive or not. */
export async function kindFolders(): Promise<KindFolder[]> {
  const names = await readdir(kindDir).catch(() => [])
  return names.map((name) => new KindFolder(name))
}

/** The container of a node, by its place in the spec, as kind names them. */
export function containerName(kindName: string, index: number): string {
  if (index === 0) return `${kindName}-control-plane`
  return index === 1 ? `${kindName}-worker` : `${kindName}-worker${index}`
}
