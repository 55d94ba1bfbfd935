import os from 'node:os'
import type { KubeClient } from '../../harness/base/kube-client.ts'
import type { NodeSpec } from '../provider.ts'

/** What a node shows as its hardware. */
export interface NodeSize {
  cpus: number
  memoryKb: number
}

/**
 * The size a node shows: the spec's, or the same everywhere, so that a task does not depend on the machine it runs on.
 * Processors can be fewer than the machine's but not more: kubelets put all they have into a cpuset, which is real.
 */
export function sizeOf(spec: NodeSpec): NodeSize {
  return {
    cpus: Number(spec.capacity['cpu'] ?? Math.min(2, os.availableParallelism())),
    memoryKb: Math.floor((parseBytes(spec.capacity['memory'] ?? '8Gi') ?? 0) / 1024),
  }
}

/** Sets the extended resources that the spec gives its nodes, as a device plugin's owner would: through the status. */
export async function applyExtendedResources(client: KubeClient, nodes: NodeSpec[]): Promise<void> {
  for (const node of nodes) {
    const extended = Object.entries(node.capacity).filter(([name]) => name.includes('/'))
    if (extended.length === 0) continue
    await client.patch(`/api/v1/nodes/${node.name}/status`, {
      status: { capacity: Object.fromEntries(extended), allocatable: Object.fromEntries(extended) },
    })
  }
}

/** What of a node's capacity cannot be had, as `field: what was expected`. */
export function capacityProblems(node: NodeSpec): string[] {
  return Object.entries(node.capacity).flatMap(([name, value]) => {
    if (name === 'cpu') return cpuProblems(value)
    if (name === 'memory')
      return (parseBytes(value) ?? 0) >= 256 * 1024 ** 2 ? [] : [`memory ${value}: expected at least 256Mi`]
    if (!name.includes('/')) return [`${name}: expected cpu, memory or an extended resource such as nvidia.com/gpu`]
    return /^\d+$/.test(value) ? [] : [`${name} ${value}: expected a whole number`]
  })
}

function cpuProblems(value: string): string[] {
  const most = os.availableParallelism()
  const isPossible = /^[1-9]\d*$/.test(value) && Number(value) <= most
  return isPossible ? [] : [`cpu ${value}: expected a whole number up to ${most}, what this machine has`]
}

function parseBytes(quantity: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(Ki|Mi|Gi|Ti|k|M|G|T)?$/.exec(quantity)
  return match ? Number(match[1]) * (units[match[2] ?? ''] ?? 1) : undefined
}

const units: Record<string, number> = {
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
}
