import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { CommandResult } from '../../harness/base/command.ts'
import { KubemendError, messageOf } from '../../harness/base/errors.ts'
import { KubeClient } from '../../harness/base/kube-client.ts'
import type { Capabilities, Cluster, ClusterSpec, ClusterUsage } from '../provider.ts'
import { hasCondition, type Conditioned } from '../wait-ready.ts'
import type { ExistingFolder, ExistingRecord } from './existing-folder.ts'
import { giveBack } from './give-back.ts'

/** A cluster that was lent: what is under its API server is not ours to touch. */
export class ExistingCluster implements Cluster {
  readonly name: string
  readonly spec: ClusterSpec
  readonly capabilities: Capabilities
  readonly kubeconfig: string
  readonly auditLog: string | undefined
  readonly #folder: ExistingFolder
  readonly #record: ExistingRecord

  constructor(folder: ExistingFolder, record: ExistingRecord, capabilities: Capabilities) {
    this.name = folder.name
    this.spec = record.spec
    this.capabilities = capabilities
    this.kubeconfig = folder.kubeconfig
    this.auditLog = record.auditLog
    this.#folder = folder
    this.#record = record
  }

  async exec(node: string): Promise<CommandResult> {
    throw this.#cannot(`run commands on its nodes, ${node} or any other`)
  }

  shellCommand(): string[] {
    throw this.#cannot('open a shell on its nodes')
  }

  async loadImage(): Promise<void> {
    throw this.#cannot('put images onto its nodes')
  }

  async snapshot(): Promise<void> {
    throw this.#cannot('keep its state')
  }

  /** Nothing of it runs on this machine's account. */
  async usage(): Promise<ClusterUsage> {
    return { cpuMs: 0, pssMb: 0, processes: 0 }
  }

  async brokenBecause(): Promise<string | undefined> {
    try {
      using client = await KubeClient.fromKubeconfig(this.kubeconfig)
      await client.requestText('GET', '/livez', { timeoutMs: 5_000 })
      const nodes = await client.list<Conditioned>('/api/v1/nodes')
      const missing = nodes.filter((node) => !hasCondition(node, 'Ready')).map((node) => node.metadata.name)
      return missing.length === 0 ? undefined : `nodes are not Ready: ${missing.join(', ')}`
    } catch (error) {
      return `the API server does not answer: ${messageOf(error)}`
    }
  }

  async collectLogs(dir: string): Promise<void> {
    await mkdir(dir, { recursive: true })
    using client = await KubeClient.fromKubeconfig(this.kubeconfig)
    for (const plural of ['nodes', 'events', 'pods']) {
      const items = await client.list(`/api/v1/${plural}`)
      await writeFile(path.join(dir, `${plural}.json`), JSON.stringify(items, undefined, 2))
    }
  }

  async destroy(): Promise<void> {
    await giveBack(this.#folder, this.#record)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy()
  }

  #cannot(what: string): KubemendError {
    return new KubemendError('only-lent', `context ${this.#record.context} is only lent: Kubemend does not ${what}`, {
      hint: 'use --cluster node or --cluster kind',
    })
  }
}
