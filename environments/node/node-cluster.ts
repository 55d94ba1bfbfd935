import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { mustRun, runCommand, type CommandOptions, type CommandResult } from '../../harness/base/command.ts'
import { isRunning } from '../../harness/base/daemon.ts'
import { KubemendError } from '../../harness/base/errors.ts'
import type { Capabilities, Cluster, ClusterSpec, ClusterUsage } from '../provider.ts'
import { cgroupCpuMs, cgroupProcesses } from './cgroup.ts'
import type { ClusterFolder, ClusterRecord } from './cluster-folder.ts'
import { destroyCluster } from './destroy-cluster.ts'
import { enterNode, execInNode, nodePath, servicePid } from './node-process.ts'
import { takeSnapshot } from './snapshot.ts'

/** A live embedded cluster. */
export class NodeCluster implements Cluster {
  readonly name: string
  readonly spec: ClusterSpec
  readonly capabilities: Capabilities
  readonly kubeconfig: string
  readonly auditLog: string
  readonly folder: ClusterFolder
  readonly record: ClusterRecord

  constructor(folder: ClusterFolder, record: ClusterRecord, capabilities: Capabilities) {
    this.name = folder.name
    this.spec = record.spec
    this.capabilities = capabilities
    this.kubeconfig = folder.kubeconfig
    this.auditLog = path.join(folder.nodeLog(controlPlaneOf(record)), 'kubernetes/audit.log')
    this.folder = folder
    this.record = record
  }

  async exec(node: string, argv: string[], options: CommandOptions = {}): Promise<CommandResult> {
    return execInNode(this.#init(node), argv, options)
  }

  shellCommand(node: string, argv: string[]): string[] {
    return [
      ...enterNode(this.#init(node)),
      'env',
      `PATH=${nodePath}`,
      'KUBECONFIG=/var/lib/kubernetes/super-admin.conf',
      ...argv,
    ]
  }

  async loadImage(archive: string): Promise<void> {
    const bytes = await readFile(archive)
    for (const node of Object.keys(this.record.nodes)) {
      const result = await this.exec(
        node,
        [
          'ctr',
          '--address',
          '/run/containerd/containerd.sock',
          '--namespace',
          'k8s.io',
          'images',
          'import',
          '--local',
          '-',
        ],
        { stdin: bytes },
      )
      if (result.exitCode !== 0) throw new KubemendError('image-refused', `${archive}: ${result.stderr.trim()}`)
    }
  }

  async snapshot(key: string): Promise<void> {
    await takeSnapshot(this.folder, this.record, key)
  }

  async usage(): Promise<ClusterUsage> {
    const pids = await cgroupProcesses(this.name)
    const memory = await Promise.all(pids.map((pid) => proportionalMemory(pid)))
    const pssMb = Math.round(memory.reduce((sum, kb) => sum + kb, 0) / 1024)
    return { cpuMs: Math.round(await cgroupCpuMs(this.name)), pssMb, processes: pids.length }
  }

  async brokenBecause(): Promise<string | undefined> {
    for (const [node, { init }] of Object.entries(this.record.nodes)) {
      if (!isRunning(init)) return `node ${node} has ended`
      for (const service of servicesOf(node === controlPlaneOf(this.record))) {
        if (servicePid(init, service) === undefined) return `${service} on node ${node} has ended`
      }
    }
    return undefined
  }

  async collectLogs(dir: string): Promise<void> {
    for (const node of Object.keys(this.record.nodes)) {
      const target = path.join(dir, node)
      await mustRun(['mkdir', '-p', target])
      await runCommand(['cp', '--recursive', `${this.folder.nodeLog(node)}/.`, target])
      await runCommand(['cp', path.join(this.folder.nodeDir(node), 'init.log'), target])
    }
  }

  async destroy(): Promise<void> {
    await destroyCluster(this.folder, this.record)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.destroy()
  }

  #init(node: string): ClusterRecord['nodes'][string]['init'] {
    const found = this.record.nodes[node]
    if (!found) {
      throw new KubemendError('no-node', `cluster ${this.name} has no node ${node}`, {
        hint: `it has ${Object.keys(this.record.nodes).join(', ')}`,
      })
    }
    return found.init
  }
}

function controlPlaneOf(record: ClusterRecord): string {
  return record.spec.nodes[0]?.name ?? ''
}

function servicesOf(isControlPlane: boolean): string[] {
  const everywhere = ['containerd', 'kubelet', 'kube-proxy']
  return isControlPlane
    ? ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kube-scheduler', ...everywhere]
    : everywhere
}

/** Kilobytes of a process, pages shared with others counted by its share. */
async function proportionalMemory(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8').catch(() => '')
  return Number(/^Pss:\s+(\d+)/m.exec(text)?.[1] ?? 0)
}
