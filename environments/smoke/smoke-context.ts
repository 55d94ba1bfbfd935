import { mustRun, runCommand, type CommandOptions, type CommandResult } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import { isConnectionError, KubeError, type KubeClient, type KubeObject } from '../../harness/base/kube-client.ts'
import { until } from '../../harness/base/retry.ts'
import type { Cluster } from '../provider.ts'
import { describeObject, isPodReady, type PodObject } from './observe.ts'
import { podManifest, type PodOptions } from './pods.ts'
import { watchUntil } from './watch-until.ts'

export interface SmokeNode {
  name: string
  ip: string
  capacity: Record<string, string>
  isControlPlane: boolean
}

/** What a check works with: a namespace of its own in a live cluster, and ways to act and to wait. */
export class SmokeContext {
  readonly cluster: Cluster
  readonly client: KubeClient
  readonly namespace: string
  readonly nodes: SmokeNode[]
  readonly signal: AbortSignal
  readonly #kubectl: string
  readonly #toRemove: string[] = []

  constructor(options: {
    cluster: Cluster
    client: KubeClient
    namespace: string
    nodes: SmokeNode[]
    kubectl: string
    signal: AbortSignal
  }) {
    this.cluster = options.cluster
    this.client = options.client
    this.namespace = options.namespace
    this.nodes = options.nodes
    this.signal = options.signal
    this.#kubectl = options.kubectl
  }

  /** A node that pods usually run on. */
  get worker(): SmokeNode {
    return this.nodes.find((node) => !node.isControlPlane) ?? this.nodes[0]!
  }

  /** Another node than `worker`, on a cluster with several. */
  get otherNode(): SmokeNode {
    return this.nodes.find((node) => node.name !== this.worker.name)!
  }

  /** The path of an object in the check's namespace: `path('pods', 'web')`, `path('apps/v1/deployments', 'web')`. */
  path(resource: string, name?: string, subresource?: string): string {
    const at = resource.lastIndexOf('/')
    const root = at < 0 ? '/api/v1' : `/apis/${resource.slice(0, at)}`
    const collection = `${root}/namespaces/${this.namespace}/${resource.slice(at + 1)}`
    return [collection, name, subresource].filter((part) => part !== undefined).join('/')
  }

  /** Applies objects in order, in the check's namespace where they have one; those outside it are removed afterwards. */
  async apply(...objects: KubeObject[]): Promise<KubeObject> {
    let last: KubeObject | undefined
    for (const object of objects) {
      last = await this.client.apply(this.#placed(object), 'smoke')
      if (last.metadata.namespace !== this.namespace) this.removeAfterwards(await this.client.pathOf(last))
    }
    return last!
  }

  /** Creates an object by POST, as admission sees it most often. */
  async create(object: KubeObject): Promise<KubeObject> {
    const placed = this.#placed(object)
    const path = (await this.client.pathOf(placed)).replace(/\/[^/]*$/, '')
    const made = await this.client.create(path, placed)
    if (made.metadata.namespace !== this.namespace) this.removeAfterwards(`${path}/${made.metadata.name}`)
    return made
  }

  /** Something outside the namespace that must go when the check is over. */
  removeAfterwards(path: string): void {
    this.#toRemove.push(path)
  }

  async pod(name: string, options: PodOptions = {}): Promise<void> {
    await this.apply(podManifest(name, options))
  }

  /** Starts a pod and waits until it is Ready. */
  async readyPod(name: string, options: PodOptions = {}): Promise<PodObject> {
    await this.pod(name, options)
    return this.ready(name)
  }

  /** Waits until the pods are Ready; answers the last of them. */
  async ready(...names: string[]): Promise<PodObject> {
    const pods = await Promise.all(
      names.map((name) => this.wait<PodObject>(this.path('pods', name), 'the pod to be Ready', isPodReady)),
    )
    return pods.at(-1)!
  }

  /** Waits until a pod's containers have ended for good. */
  async ended(name: string): Promise<PodObject & { log: string }> {
    const pod = await this.wait<PodObject>(this.path('pods', name), 'the pod to end', (p) =>
      ['Succeeded', 'Failed'].includes(p.status?.phase ?? ''),
    )
    return { ...pod, log: await this.log(name) }
  }

  /** Runs a script in a pod of its own to its end and answers what it printed; a failing script is a failing check. */
  async runScript(name: string, script: string, options: PodOptions = {}): Promise<string> {
    await this.pod(name, { script, ...options, spec: { restartPolicy: 'Never', ...options.spec } })
    const { status, log } = await this.ended(name)
    if (status?.phase !== 'Succeeded')
      throw new KubemendError('smoke', `pod ${name} ${status?.phase}: ${log.trim()} ${status?.message ?? ''}`)
    return log.trim()
  }

  /** Runs a script in a running pod and answers what it printed. */
  async sh(pod: string, script: string): Promise<string> {
    return this.kubectl(['exec', pod, '--', 'sh', '-c', script])
  }

  /** Whether a script succeeds in a running pod, and what it said. */
  trySh(pod: string, script: string): Promise<CommandResult> {
    return this.tryKubectl(['exec', pod, '--', 'sh', '-c', script])
  }

  log(pod: string, query: Record<string, string | number | boolean> = {}): Promise<string> {
    return this.client.requestText('GET', this.path('pods', pod, 'log'), { query })
  }

  /** kubectl in the check's namespace, which must succeed; answers its trimmed stdout. */
  async kubectl(args: string[], options: CommandOptions = {}): Promise<string> {
    const { stdout } = await mustRun(this.kubectlCommand(args), { timeoutMs: 60_000, signal: this.signal, ...options })
    return stdout.trim()
  }

  tryKubectl(args: string[], options: CommandOptions = {}): Promise<CommandResult> {
    return runCommand(this.kubectlCommand(args), { timeoutMs: 60_000, signal: this.signal, ...options })
  }

  kubectlCommand(args: string[]): string[] {
    const where = [`--kubeconfig=${this.cluster.kubeconfig}`, `--namespace=${this.namespace}`]
    return [this.#kubectl, ...where, ...args]
  }

  /** Watches one object until it is as wanted; answers it. */
  wait<T extends KubeObject = KubeObject>(
    path: string,
    what: string,
    isDone: (object: T) => boolean,
    timeoutMs = 60_000,
  ): Promise<T> {
    const name = path.split('/').at(-1)!
    return this.waitForList(
      path.slice(0, path.lastIndexOf('/')),
      `${name}: ${what}`,
      (items) => {
        const object = items.find((item) => item.metadata.name === name) as T | undefined
        return object && isDone(object) ? object : undefined
      },
      { fieldSelector: `metadata.name=${name}`, timeoutMs },
    )
  }

  /** Waits until an object is gone. */
  async waitGone(path: string, timeoutMs = 60_000): Promise<void> {
    const name = path.split('/').at(-1)!
    await this.waitForList(
      path.slice(0, path.lastIndexOf('/')),
      `${name}: to be gone`,
      (items) => !items.some((item) => item.metadata.name === name),
      { fieldSelector: `metadata.name=${name}`, timeoutMs },
    )
  }

  /** Watches a collection until `isDone` answers something truthy for all of its items; answers that. */
  waitForList<R>(
    path: string,
    what: string,
    isDone: (items: KubeObject[]) => R | undefined | false,
    options: { labelSelector?: string; fieldSelector?: string; timeoutMs?: number } = {},
  ): Promise<R> {
    return watchUntil(this.client, path, {
      what,
      isDone,
      describe: describeObject,
      timeoutMs: 60_000,
      signal: this.signal,
      ...options,
    })
  }

  /** The same for the check's pods. */
  waitForPods<R>(
    what: string,
    isDone: (pods: PodObject[]) => R | undefined | false,
    options: { labelSelector?: string; timeoutMs?: number } = {},
  ): Promise<R> {
    return this.waitForList(this.path('pods'), what, (items) => isDone(items as PodObject[]), options)
  }

  /** Asks until the answer is right, for what no watch can tell. */
  until<T>(what: string, probe: () => Promise<T | undefined | false>, timeoutMs = 30_000): Promise<T> {
    return until(probe, {
      what,
      timeoutMs,
      intervalMs: 200,
      signal: this.signal,
      isTransient: (error) => isConnectionError(error) || error instanceof Error,
    })
  }

  /** The API server's refusal of a request that it must refuse. */
  async refusal(request: Promise<unknown>): Promise<KubeError> {
    let answer: unknown
    try {
      answer = await request
    } catch (error) {
      if (error instanceof KubeError) return error
      throw error
    }
    throw new KubemendError('smoke', `expected a refusal, got ${JSON.stringify(answer).slice(0, 300)}`)
  }

  /** Removes what the check made outside its namespace, the latest first. */
  async removeOutside(): Promise<void> {
    for (const path of this.#toRemove.toReversed()) {
      await this.client.delete(path).catch((error: unknown) => {
        if (!(error instanceof KubeError && error.status === 404)) throw error
      })
    }
  }

  #placed(object: KubeObject): KubeObject {
    const metadata = { namespace: this.namespace, ...object.metadata }
    return { ...object, metadata }
  }
}
