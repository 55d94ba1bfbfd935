import type { Cluster, ClusterSummary, CreateOptions, Problem, Provider } from '../../../environments/provider.ts'
import { askAll } from '../../../verifiers/run-checks.ts'
import type { Verifier } from '../../../verifiers/verifier.ts'
import { KubeClient } from '../../base/kube-client.ts'
import type { ClusterState } from '../../state/cluster-state.ts'
import { takeSnapshot } from '../../state/take-snapshot.ts'
import type { Task } from '../../task/task.ts'
import { specOf } from '../../trial/prepare-cluster.ts'
import type { TrialPrograms } from '../../trial/trial-plan.ts'
import { verifyContext } from '../../trial/verify-context.ts'
import { breakWorld, buildWorld, untilNothingLeaves, waitForSymptom, type WorldContext } from '../../trial/world.ts'
import { AuditFromNow } from './audit-from-now.ts'
import type { CpuMeter } from './cpu-meter.ts'
import { resetWorld } from './reset-world.ts'

export interface LeaseOptions {
  provider: Provider
  verifiers: Readonly<Record<string, Verifier>>
  programs: TrialPrograms
  meter: CpuMeter
  say: (line: string) => void
  /** How long a world may take to be healthy again. */
  resetWithinMs?: number
}

interface Live {
  cluster: Cluster
  client: KubeClient
  healthy: ClusterState
}

/**
 * A provider for trials of tasks that share one healthy world: the world is built once, on one cluster, and put back to
 * health between trials instead of being restored. Where that leaves a difference, the cluster is made anew, so a trial
 * never begins from anything but a verified world. One trial at a time.
 */
export class WorldLease implements Provider, AsyncDisposable {
  readonly name: string
  readonly capabilities: Provider['capabilities']
  /** How often a cluster was made, and how often a world was put back on one. */
  readonly counts = { clusters: 0, resets: 0, failedResets: 0 }
  readonly #options: LeaseOptions
  readonly #images: string[]
  #task: Task
  #live: Live | undefined
  #state: 'healthy' | 'broken' | 'dirty' = 'healthy'
  #isLookedAtOnly = false

  /** `tasks` are all that will be proven: their images are put on the nodes at once. */
  constructor(tasks: readonly [Task, ...Task[]], options: LeaseOptions) {
    this.name = options.provider.name
    this.capabilities = { ...options.provider.capabilities, snapshots: true }
    this.#options = options
    this.#task = tasks[0]
    this.#images = [...new Set(tasks.flatMap((task) => specOf(task, 'any').images))]
  }

  /** Says whose trials come next. */
  begin(task: Task): void {
    this.#task = task
    if (this.#state === 'broken') this.#state = 'dirty'
  }

  /** Says that the next trial changes nothing, so that the one after it finds the same broken world. */
  expectOnlyLooks(): void {
    this.#isLookedAtOnly = true
  }

  hasSnapshot(): Promise<boolean> {
    return Promise.resolve(true)
  }

  /** The broken world of the task that is being proven. */
  async restore(_key: string, name: string, options: CreateOptions): Promise<Cluster> {
    const signal = options.signal ?? new AbortController().signal
    if (this.#state === 'dirty') await this.#putBack(signal)
    const live = (this.#live ??= await this.#build(name, options, signal))
    if (this.#state !== 'broken') {
      this.#state = 'dirty'
      const at = this.#at(live, signal)
      await breakWorld(at)
      await waitForSymptom(at)
      await untilNothingLeaves(at)
    }
    this.#state = this.#isLookedAtOnly ? 'broken' : 'dirty'
    this.#isLookedAtOnly = false
    return Leased.of(live.cluster)
  }

  async #build(name: string, options: CreateOptions, signal: AbortSignal): Promise<Live> {
    const spec = { ...specOf(this.#task, `${name}-shared`.slice(-40).replace(/^[^a-z0-9]+/, '')), images: this.#images }
    const cluster = await this.#options.provider.create(spec, { ...options, owner: 'this-process' })
    this.#options.meter.begin(cluster)
    this.counts.clusters++
    try {
      const client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
      await buildWorld(this.#at({ cluster, client }, signal))
      this.#state = 'healthy'
      return { cluster, client, healthy: await takeSnapshot(client, { signal }) }
    } catch (error) {
      await this.#options.meter.end()
      await cluster.destroy()
      throw error
    }
  }

  async #putBack(signal: AbortSignal): Promise<void> {
    if (!this.#live) return
    const { client, healthy, cluster } = this.#live
    const { contract, namespaces } = this.#task
    const context = verifyContext({
      client,
      cluster,
      programs: this.#options.programs,
      taskDir: this.#task.dir,
      signal,
    })
    const isHealthy = async (): Promise<boolean> =>
      (await askAll(contract?.healthy ?? [], context, this.#options.verifiers)).every(({ status }) => status === 'met')
    const left = await resetWorld({
      client,
      healthy,
      namespaces,
      isHealthy,
      timeoutMs: this.#options.resetWithinMs ?? 60_000,
      signal,
    }).catch((error: unknown) => {
      signal.throwIfAborted()
      return [String(error)]
    })
    if (left.length === 0) {
      this.counts.resets++
      this.#state = 'healthy'
      return
    }
    this.counts.failedResets++
    this.#options.say(`the world could not be put back (${left.slice(0, 3).join('; ')}): a new cluster`)
    await this.#end()
  }

  #at({ cluster, client }: { cluster: Cluster; client: KubeClient }, signal: AbortSignal): WorldContext {
    return {
      task: this.#task,
      client,
      cluster,
      verifiers: this.#options.verifiers,
      programs: this.#options.programs,
      signal,
    }
  }

  async #end(): Promise<void> {
    const live = this.#live
    this.#live = undefined
    this.#state = 'healthy'
    if (!live) return
    live.client[Symbol.dispose]()
    await this.#options.meter.end()
    await live.cluster.destroy()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end()
  }

  problems(): Promise<Problem[]> {
    return this.#options.provider.problems()
  }
  create(): Promise<Cluster> {
    return Promise.reject(new Error('a lease makes no clusters but its own'))
  }
  attach(name: string): Promise<Cluster> {
    return this.#options.provider.attach(name)
  }
  list(): Promise<ClusterSummary[]> {
    return this.#options.provider.list()
  }
  removeLeftovers(): Promise<string[]> {
    return this.#options.provider.removeLeftovers()
  }
}

/** A cluster that its trial may use and not end. */
class Leased implements Cluster {
  readonly #cluster: Cluster
  readonly #audit: AuditFromNow | undefined

  private constructor(cluster: Cluster, audit: AuditFromNow | undefined) {
    this.#cluster = cluster
    this.#audit = audit
  }

  static async of(cluster: Cluster): Promise<Leased> {
    return new Leased(cluster, cluster.auditLog === undefined ? undefined : await AuditFromNow.of(cluster.auditLog))
  }
  get name(): string {
    return this.#cluster.name
  }
  get spec(): Cluster['spec'] {
    return this.#cluster.spec
  }
  get capabilities(): Cluster['capabilities'] {
    return this.#cluster.capabilities
  }
  get kubeconfig(): string {
    return this.#cluster.kubeconfig
  }
  get auditLog(): string | undefined {
    return this.#audit?.file
  }
  exec(...call: Parameters<Cluster['exec']>): ReturnType<Cluster['exec']> {
    return this.#cluster.exec(...call)
  }
  shellCommand(node: string, argv: string[]): string[] {
    return this.#cluster.shellCommand(node, argv)
  }
  loadImage(archive: string): Promise<void> {
    return this.#cluster.loadImage(archive)
  }
  snapshot(): Promise<void> {
    return Promise.reject(new Error('a leased cluster is not to be stopped'))
  }
  usage(): ReturnType<Cluster['usage']> {
    return this.#cluster.usage()
  }
  brokenBecause(): Promise<string | undefined> {
    return this.#cluster.brokenBecause()
  }
  collectLogs(dir: string): Promise<void> {
    return this.#cluster.collectLogs(dir)
  }
  async destroy(): Promise<void> {
    await this.#audit?.[Symbol.asyncDispose]()
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.destroy()
  }
}
