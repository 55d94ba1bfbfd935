import { mkdir, readFile, readdir, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { ProcessId } from '../../harness/base/daemon.ts'
import { InputError } from '../../harness/base/errors.ts'
import { stateDir } from '../../harness/base/places.ts'
import type { ClusterSpec } from '../provider.ts'

/** What another process must know to use, judge or remove a cluster; written before anything is started. */
export interface ClusterRecord {
  spec: ClusterSpec
  createdAt: string
  /** Whose death makes the cluster garbage; null for nobody's. */
  owner: ProcessId | null
  /** Who brings it up. */
  maker: ProcessId
  state: 'starting' | 'running'
  /** The cached folders it runs from: never evicted while it lives. */
  imageStore: string
  bin: string
  /** By node name: the `unshare` outside and the PID 1 inside, both as host process ids. */
  nodes: Record<string, { outside: ProcessId; init: ProcessId }>
}

/** Where everything of one cluster lies: nothing of it is anywhere else but in cgroups and namespaces. */
export class ClusterFolder {
  readonly name: string
  readonly dir: string
  #lastWrite: Promise<void> = Promise.resolve()

  constructor(name: string) {
    this.name = name
    this.dir = path.join(clustersDir, name)
  }

  get recordFile(): string {
    return path.join(this.dir, 'cluster.json')
  }
  get kubeconfig(): string {
    return path.join(this.dir, 'kubeconfig')
  }
  get portFile(): string {
    return path.join(this.dir, 'port')
  }
  get dialSocket(): string {
    return path.join(this.dir, 'dial.sock')
  }
  /** The node's root file system, as far as it is its own; the host's programs are mounted over it. */
  nodeRoot(node: string): string {
    return path.join(this.nodeDir(node), 'root')
  }
  /** /var/lib of the node. */
  nodeLib(node: string): string {
    return path.join(this.nodeRoot(node), 'var/lib')
  }
  /** /var/log of the node. */
  nodeLog(node: string): string {
    return path.join(this.nodeRoot(node), 'var/log')
  }
  nodeDir(node: string): string {
    return path.join(this.dir, 'nodes', node)
  }
  /** The fifo that the node's PID 1 takes commands from. */
  nodeControl(node: string): string {
    return path.join(this.nodeDir(node), 'control')
  }

  async readRecord(): Promise<ClusterRecord | undefined> {
    const text = await readFile(this.recordFile, 'utf8').catch(() => undefined)
    return text === undefined ? undefined : (JSON.parse(text) as ClusterRecord)
  }

  /** Takes the name for a new cluster; of two at once only one gets it. */
  async claim(record: ClusterRecord): Promise<void> {
    await mkdir(clustersDir, { recursive: true, mode: 0o700 })
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

  /** One after the other: nodes that start at the same time each write what they add to the record. */
  async writeRecord(record: ClusterRecord): Promise<void> {
    const writing = this.#write(this.#lastWrite, record)
    this.#lastWrite = writing
    await writing
  }

  async #write(before: Promise<void>, record: ClusterRecord): Promise<void> {
    await Promise.allSettled([before])
    const draft = `${this.recordFile}.${process.pid}.draft`
    await writeFile(draft, JSON.stringify(record, undefined, 2), { mode: 0o600 })
    await rename(draft, this.recordFile)
  }
}

export const clustersDir: string = path.join(stateDir, 'clusters')

/** Every cluster folder of this machine's user, alive or not. */
export async function clusterFolders(): Promise<ClusterFolder[]> {
  const names = await readdir(clustersDir).catch(() => [])
  return names.map((name) => new ClusterFolder(name))
}
