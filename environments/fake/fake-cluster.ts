import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import type { CommandOptions, CommandResult } from '../../harness/base/command.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import type { Capabilities, Cluster, ClusterSpec, ClusterUsage, CreateOptions } from '../provider.ts'
import { defaultAuditPolicy } from '../audit-policy.ts'
import { AccessControl } from './access-control.ts'
import { AuditFile } from './audit-file.ts'
import { seedCluster } from './seed-cluster.ts'
import { settle } from './controllers.ts'
import { FakeApiServer, type ServerFaults } from './fake-api-server.ts'
import { ObjectStore, type StoreState } from './object-store.ts'

/** What is kept of a fake cluster. */
export interface FakeSnapshot {
  spec: ClusterSpec
  key: string
  state: StoreState
}

export type FakeExec = (node: string, argv: string[], options: CommandOptions) => Promise<Partial<CommandResult>>

export interface FakeClusterOptions {
  spec: ClusterSpec
  dir: string
  owner: CreateOptions['owner']
  capabilities: Capabilities
  hasImage: (image: string) => boolean
  exec: FakeExec | undefined
  from: FakeSnapshot | undefined
  keep: (key: string, snapshot: FakeSnapshot) => void
  onDestroyed: () => void
}

/** A cluster that is an HTTP server and a map: real enough for whatever speaks to its API, with faults on demand. */
export class FakeCluster implements Cluster {
  readonly name: string
  readonly spec: ClusterSpec
  readonly capabilities: Capabilities
  readonly kubeconfig: string
  readonly auditLog: string | undefined
  readonly createdAt: string = new Date().toISOString()
  readonly owner: CreateOptions['owner']
  /** Set these to make the API server misbehave. */
  readonly faults: ServerFaults = {}
  readonly store: ObjectStore
  readonly #options: FakeClusterOptions
  readonly #access: AccessControl
  #server: FakeApiServer | undefined
  #broken: string | undefined

  constructor(options: FakeClusterOptions) {
    const { spec, dir, from } = options
    this.#options = options
    this.name = spec.name
    this.spec = spec
    this.owner = options.owner
    this.capabilities = options.capabilities
    this.kubeconfig = path.join(dir, 'kubeconfig')
    this.auditLog = options.capabilities.auditLog ? path.join(dir, 'audit.log') : undefined
    this.store = new ObjectStore(from?.state)
    this.#access = new AccessControl(this.store, from?.key)
    if (!from) seedCluster(this.store, spec)
  }

  /** Opens the API server and writes the kubeconfig. */
  async start(): Promise<void> {
    await mkdir(this.#options.dir, { recursive: true, mode: 0o700 })
    if (this.auditLog !== undefined) await writeFile(this.auditLog, '')
    const policy = this.spec.auditPolicy ?? defaultAuditPolicy
    const world = { hasImage: this.#options.hasImage }
    settle(this.store, world)
    this.#server = await FakeApiServer.start({
      store: this.store,
      access: this.#access,
      audit: this.auditLog === undefined ? undefined : new AuditFile(this.auditLog, policy),
      version: this.spec.kubernetes,
      faults: this.faults,
      onChange: () => settle(this.store, world),
    })
    await writeFile(this.kubeconfig, kubeconfigText(this.name, this.#server.url, this.#access.adminToken), {
      mode: 0o600,
    })
  }

  /** Ends a component, as a crash would: without the API server nobody answers. */
  async breakComponent(component = 'kube-apiserver'): Promise<void> {
    this.#broken = `${component} on node ${this.spec.nodes[0]?.name} has ended`
    if (component === 'kube-apiserver') await this.#server?.stop()
  }

  async exec(node: string, argv: string[], options: CommandOptions = {}): Promise<CommandResult> {
    this.#mustHaveNode(node)
    if (!this.#options.exec) throw new KubemendError('not-supported', 'fake clusters have no nodes to run commands on')
    const result = await this.#options.exec(node, argv, options)
    const nothing = { signal: undefined, stdout: '', stderr: '', isTimedOut: false, isTruncated: false, durationMs: 0 }
    return { exitCode: 0, ...nothing, ...result }
  }

  shellCommand(node: string): string[] {
    this.#mustHaveNode(node)
    throw new KubemendError('not-supported', 'fake clusters have no nodes to run commands on')
  }

  async loadImage(): Promise<void> {
    throw new KubemendError('not-supported', 'fake clusters run no images')
  }

  async snapshot(key: string): Promise<void> {
    this.#options.keep(key, { spec: this.spec, key: this.#access.key, state: this.store.state })
    await this.breakComponent()
  }

  async usage(): Promise<ClusterUsage> {
    return { cpuMs: 0, pssMb: 0, processes: 0 }
  }

  async brokenBecause(): Promise<string | undefined> {
    return this.#broken
  }

  async collectLogs(dir: string): Promise<void> {
    await mkdir(dir, { recursive: true })
    if (this.auditLog !== undefined) {
      await writeFile(path.join(dir, 'audit.log'), await readFile(this.auditLog).catch(() => ''))
    }
    await writeFile(path.join(dir, 'objects.json'), JSON.stringify(this.store.state, undefined, 2))
  }

  async destroy(): Promise<void> {
    this.#broken = 'the cluster was destroyed'
    await this.#server?.stop()
    this.#server = undefined
    await rm(this.#options.dir, { recursive: true, force: true })
    this.#options.onDestroyed()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy()
  }

  #mustHaveNode(node: string): void {
    const names = this.spec.nodes.map((n) => n.name)
    if (names.includes(node)) return
    throw new KubemendError('no-node', `cluster ${this.name} has no node ${node}`, {
      hint: `it has ${names.join(', ')}`,
    })
  }
}

function kubeconfigText(name: string, server: string, token: string): string {
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': name,
    contexts: [{ name, context: { cluster: name, user: 'admin' } }],
    clusters: [{ name, cluster: { server } }],
    users: [{ name: 'admin', user: { token } }],
  })
}
