import type { CommandOptions, CommandResult } from '../harness/base/command.ts'

/** What a cluster is to be. The first node is the control plane. */
export interface ClusterSpec {
  name: string
  /** A minor version: "1.35". */
  kubernetes: string
  nodes: NodeSpec[]
  addons: AddonName[]
  /** Images that must be on every node before the cluster is handed over. */
  images: string[]
  /** Further host names that the API server's certificate is to be good for. */
  apiServerNames?: string[]
  /** An audit.k8s.io/v1 Policy; without one, every request is logged, writes with their bodies. */
  auditPolicy?: Record<string, unknown>
}

export interface NodeSpec {
  name: string
  labels: Record<string, string>
  taints: { key: string; value?: string; effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' }[]
  /** What the node says it has, where that is not what the machine has: cpu, memory, nvidia.com/gpu, ... */
  capacity: Record<string, string>
}

export const addonNames = ['network-policy', 'metrics-server', 'storage', 'ingress'] as const
export type AddonName = (typeof addonNames)[number]

/** What a provider's clusters can and cannot do; callers ask this and never the provider's name. */
export interface Capabilities {
  snapshots: boolean
  multipleNodes: boolean
  nodeExec: boolean
  loadImage: boolean
  auditLog: boolean
  nodeCapacity: boolean
  kubernetesVersions: string[]
  /** Whether the API server's certificate can be good for other names than the provider's own. */
  apiServerNames: boolean
}

export interface CreateOptions {
  /** The process whose death makes the cluster garbage; 'nobody' for one that stays until it is taken down. */
  owner: 'this-process' | 'nobody'
  signal?: AbortSignal
  onProgress?: (line: string) => void
}

/** A line for people about what this machine lacks, and what to do about it. */
export interface Problem {
  what: string
  cure: string
}

export interface ClusterSummary {
  name: string
  provider: string
  kubernetes: string
  nodes: string[]
  addons: string[]
  state: 'starting' | 'running' | 'dead'
  owner: 'this-process' | 'another-process' | 'nobody' | 'died'
  kubeconfig: string
  createdAt: string
}

export interface ClusterUsage {
  cpuMs: number
  pssMb: number
  processes: number
}

/** A live cluster. Disposing of it destroys it. */
export interface Cluster extends AsyncDisposable {
  readonly name: string
  readonly spec: ClusterSpec
  readonly capabilities: Capabilities
  /** A file with the admin's kubeconfig; its server is on the host's loopback. */
  readonly kubeconfig: string
  /** The API server's audit log as a file on this machine, one JSON event a line; undefined without the capability. */
  readonly auditLog: string | undefined
  /** Runs a command on a node, in the node's own namespaces. */
  exec(node: string, argv: string[], options?: CommandOptions): Promise<CommandResult>
  /** The host command that runs a command on a node with the caller's terminal. */
  shellCommand(node: string, argv: string[]): string[]
  /** Puts an image archive (docker-archive or OCI tar) onto every node. */
  loadImage(archive: string): Promise<void>
  /** Stops the cluster for good and keeps it under a key; a cluster restored from it looks as if it had never stopped. */
  snapshot(key: string): Promise<void>
  /** CPU time of everything the cluster has run so far, and the memory it has now (shared pages counted by share). */
  usage(): Promise<ClusterUsage>
  /** Why the cluster is no longer whole (a component that ended), or undefined while it is. */
  brokenBecause(): Promise<string | undefined>
  /** Writes component logs and node state into a folder. */
  collectLogs(dir: string): Promise<void>
  /** Ends everything and returns when nothing of it is left. */
  destroy(): Promise<void>
}

/** The whole seam between Kubemend and whatever makes clusters. */
export interface Provider {
  readonly name: string
  readonly capabilities: Capabilities
  /** What keeps this provider from running on this machine; empty when nothing does. */
  problems(): Promise<Problem[]>
  /** A cluster whose nodes are Ready, whose DNS answers and whose add-ons work. */
  create(spec: ClusterSpec, options: CreateOptions): Promise<Cluster>
  /** Whether a snapshot is kept under this key. */
  hasSnapshot(key: string): Promise<boolean>
  /** A new cluster that goes on where the snapshot was taken, with every pod Ready again. */
  restore(key: string, name: string, options: CreateOptions): Promise<Cluster>
  /** A cluster that another process made. */
  attach(name: string): Promise<Cluster>
  list(): Promise<ClusterSummary[]>
  /** Removes what dead owners left, and says what it removed. */
  removeLeftovers(): Promise<string[]>
}
