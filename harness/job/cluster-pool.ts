import os from 'node:os'
import type { Cluster } from '../../environments/provider.ts'
import type { Task } from '../task/task.ts'
import { prepareCluster, worldKey, type PrepareOptions } from '../trial/prepare-cluster.ts'

export type PoolOptions = Omit<PrepareOptions, 'task' | 'name' | 'onProgress'> & {
  /** Bytes that more clusters may take; asked each time. */
  freeMemory?: () => number
  prepare?: (options: PrepareOptions) => Promise<Cluster>
}

/** Clusters that are prepared before anybody asks for them. Disposing of it destroys those that nobody took. */
export interface ClusterPool extends AsyncDisposable {
  /** Says which tasks come next, the next one first; clusters for them are prepared as far as memory allows. */
  expect(tasks: readonly Task[]): void
  /** A broken world for a trial: a prepared one where there is one, otherwise a new one. */
  take(options: PrepareOptions): Promise<Cluster>
}

export function createClusterPool(options: PoolOptions): ClusterPool {
  return new Pool(options)
}

/** What a cluster with a usual world takes. */
const clusterBytes = 1.2 * 1024 ** 3

/** More at once only make each of them later. */
const preparedAtOnce = Math.max(1, Math.floor(os.availableParallelism() / 2))

interface Waiting {
  key: string
  /** Has it prepared now, if it is not being prepared yet. */
  begin: () => void
  /** Undefined when it could not be prepared: whoever needs it tries again, and then knows why. */
  cluster: Promise<Cluster | undefined>
}

class Pool implements ClusterPool {
  readonly #options: PoolOptions
  readonly #prepare: (options: PrepareOptions) => Promise<Cluster>
  readonly #waiting: Waiting[] = []
  readonly #end = new AbortController()
  #ended: Promise<void> | undefined
  #unprepared = 0
  #preparing = 0
  #count = 0

  constructor(options: PoolOptions) {
    this.#options = options
    this.#prepare = options.prepare ?? prepareCluster
  }

  expect(tasks: readonly Task[]): void {
    const free = this.#options.freeMemory ?? os.freemem
    const unclaimed = this.#waiting.map(({ key }) => key)
    for (const task of tasks) {
      if (this.#end.signal.aborted || !task.cluster) continue
      const key = worldKey(task, this.#options.provider)
      const has = unclaimed.indexOf(key)
      if (has !== -1) unclaimed.splice(has, 1)
      else if (free() > clusterBytes * (this.#unprepared + 1)) this.#prepareAhead(task, key)
    }
  }

  async take(options: PrepareOptions): Promise<Cluster> {
    const key = worldKey(options.task, options.provider)
    const at = this.#waiting.findIndex((waiting) => waiting.key === key)
    const [waiting] = at === -1 ? [] : this.#waiting.splice(at, 1)
    waiting?.begin()
    const cluster = await waiting?.cluster
    if (!cluster) return this.#prepare(options)
    if ((await cluster.brokenBecause()) === undefined) return cluster
    await cluster.destroy()
    return this.#prepare(options)
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= this.#destroyAll()
    return this.#ended
  }

  async #destroyAll(): Promise<void> {
    this.#end.abort(new Error('the job is over'))
    const waiting = this.#waiting.splice(0)
    for (const { begin } of waiting) begin()
    const clusters = await Promise.all(waiting.map(({ cluster }) => cluster))
    await Promise.all(clusters.flatMap((cluster) => cluster?.destroy() ?? []))
  }

  #prepareAhead(task: Task, key: string): void {
    const { provider, verifiers, programs } = this.#options
    const signal = AbortSignal.any([this.#options.signal, this.#end.signal])
    const name = `t${process.pid}-next-${++this.#count}`
    const { promise: begun, resolve: begin } = Promise.withResolvers<void>()
    this.#unprepared++
    const cluster = begun
      .then(() => {
        signal.throwIfAborted()
        return this.#prepare({ task, provider, name, verifiers, programs, signal })
      })
      .catch(() => undefined)
      .finally(() => this.#unprepared--)
    let hasBegun = false
    this.#waiting.push({
      key,
      cluster,
      begin: () => {
        if (hasBegun) return
        hasBegun = true
        begin()
        void this.#countUntil(cluster)
      },
    })
    this.#prepareNext()
  }

  async #countUntil(prepared: Promise<unknown>): Promise<void> {
    this.#preparing++
    await prepared
    this.#preparing--
    this.#prepareNext()
  }

  #prepareNext(): void {
    for (const { begin } of this.#waiting) if (this.#preparing < preparedAtOnce) begin()
  }
}
