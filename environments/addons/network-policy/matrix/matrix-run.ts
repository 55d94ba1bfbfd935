import { KubeClient } from '../../../../harness/base/kube-client.ts'
import { sleep } from '../../../../harness/base/clock.ts'
import type { Cluster } from '../../../provider.ts'
import { setPolicies } from './kube-steps.ts'
import type { MatrixCase } from './matrix-cases.ts'
import { buildWorld, podKeys, readyPod, type MatrixWorld } from './matrix-world.ts'
import { PodShell } from './pod-shell.ts'
import { parseConnection, tryScript, type Connection } from './try-connection.ts'

/** The matrix's world in a live cluster, with a shell in every pod. */
export class MatrixRun implements Disposable {
  readonly cluster: Cluster
  readonly client: KubeClient
  readonly world: MatrixWorld
  readonly #shells: Map<string, PodShell>

  private constructor(cluster: Cluster, client: KubeClient, world: MatrixWorld, shells: Map<string, PodShell>) {
    this.cluster = cluster
    this.client = client
    this.world = world
    this.#shells = shells
  }

  static async start(cluster: Cluster): Promise<MatrixRun> {
    const client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    const world = await buildWorld(client)
    const shells = await Promise.all(podKeys.map(async (key) => [key, await openShell(cluster, key)] as const))
    return new MatrixRun(cluster, client, world, new Map(shells))
  }

  /** Makes these policies the only ones. */
  async setPolicies(policies: MatrixCase['policies']): Promise<void> {
    const filled = JSON.parse(fillIn(JSON.stringify(policies), this.world)) as MatrixCase['policies']
    await setPolicies(this.client, ['shop', 'ops', 'lab'], filled)
  }

  /** Waits until connections are open and shut as they should be, twice in a row; answers those that never are. */
  async unexpected(open: string[], shut: string[], withinMs = 12_000): Promise<string[]> {
    const deadline = Date.now() + withinMs
    const expected = [...open.map((text) => ({ text, want: 'open' })), ...shut.map((text) => ({ text, want: 'shut' }))]
    let agreed = 0
    for (;;) {
      const seen = await Promise.all(expected.map(({ text }) => this.try(text)))
      const wrong = expected.filter(({ want }, i) => seen[i] !== want)
      agreed = wrong.length === 0 ? agreed + 1 : 0
      if (agreed === 2) return []
      if (Date.now() > deadline && wrong.length > 0) return wrong.map(({ text, want }) => `${text} is not ${want}`)
      await sleep(50)
    }
  }

  /** Tries one connection once. */
  async try(text: string, seconds = 0.35): Promise<'open' | 'shut'> {
    const connection = parseConnection(text, this.world)
    const lines = await this.#runFrom(connection, tryScript(connection, seconds))
    return lines.at(-1) === 'open' ? 'open' : 'shut'
  }

  shell(key: string): PodShell {
    const shell = this.#shells.get(key)
    if (!shell) throw new Error(`no shell in ${key}`)
    return shell
  }

  /** Takes in that a pod was made anew. */
  async reopen(key: string): Promise<void> {
    this.world.pods[key] = await readyPod(this.client, key)
    this.#shells.set(key, await openShell(this.cluster, key))
  }

  [Symbol.dispose](): void {
    for (const shell of this.#shells.values()) shell[Symbol.dispose]()
    this.client[Symbol.dispose]()
  }

  async #runFrom({ from }: Connection, script: string): Promise<string[]> {
    if (from.kind === 'pod') return this.shell(from.key).run(script)
    const { name } = this.world.nodes[from.key as 'first' | 'second']
    const result = await this.cluster.exec(name, ['bash', '-c', script], { timeoutMs: 20_000 })
    return result.stdout.trim().split('\n')
  }
}

function openShell(cluster: Cluster, key: string): Promise<PodShell> {
  const [namespace = '', name = ''] = key.split('/')
  return PodShell.open(cluster.kubeconfig, namespace, name, 'shell')
}

/** Puts addresses in the place of "$(shop/web)" and "$(pods of first)". */
function fillIn(text: string, world: MatrixWorld): string {
  return text.replaceAll(/\$\((pods of )?([\w/]+)\)/g, (_, range: string | undefined, key: string) => {
    const address = range ? world.nodes[key as 'first' | 'second']?.podRange : world.pods[key]?.ip
    if (address === undefined) throw new Error(`no address for ${key}`)
    return address
  })
}
