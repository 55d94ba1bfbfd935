import { readFileSync } from 'node:fs'
import type { Cluster } from '../../../environments/provider.ts'

/** CPU time that proving costs: of the clusters, of this process, and of the programs that it ran and that have ended. */
export class CpuMeter {
  #clusterMs = 0
  #childrenMs = 0
  #children = 0
  readonly #own = process.cpuUsage()
  #cluster: Cluster | undefined

  /** A cluster is up. What its own start ran is in its figures, not in those of our programs. */
  begin(cluster: Cluster): void {
    this.#cluster = cluster
    this.#children = childrenMs()
  }

  /** A cluster is about to go; its processes become ours to reap, and must not be counted twice. */
  async end(): Promise<void> {
    this.#childrenMs += childrenMs() - this.#children
    this.#clusterMs += (await this.#cluster?.usage())?.cpuMs ?? 0
    this.#cluster = undefined
  }

  async readMs(): Promise<number> {
    const { user, system } = process.cpuUsage(this.#own)
    const running = this.#cluster ? (await this.#cluster.usage()).cpuMs + childrenMs() - this.#children : 0
    return Math.round((user + system) / 1000 + this.#clusterMs + this.#childrenMs + running)
  }
}

/** CPU time of ended children, in clock ticks of 10 ms: fields 16 and 17 of proc_pid_stat(5). */
function childrenMs(): number {
  const stat = readFileSync('/proc/self/stat', 'utf8')
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[13]) + Number(fields[14])) * 10
}
