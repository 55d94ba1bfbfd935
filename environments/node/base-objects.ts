import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import type { KubeClient, KubeObject } from '../../harness/base/kube-client.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import type { NodeSlot } from './components.ts'
import { untilServed } from '../wait-ready.ts'

/**
 * Node objects made before their kubelets register: pod ranges, labels and taints are then right from the first
 * moment, and labels that a kubelet may not give itself are there too.
 */
export async function createNodeObjects(client: KubeClient, slots: NodeSlot[]): Promise<void> {
  await Promise.all(
    slots.map((slot) =>
      client.create('/api/v1/nodes', {
        apiVersion: 'v1',
        kind: 'Node',
        metadata: {
          name: slot.spec.name,
          labels: {
            'kubernetes.io/hostname': slot.spec.name,
            ...(slot.index === 0 ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
            ...slot.spec.labels,
          },
        },
        spec: {
          podCIDR: slot.podCidr,
          podCIDRs: [slot.podCidr],
          taints: [...slot.spec.taints, { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
        },
      }),
    ),
  )
}

/** What every cluster has from the start: the API server's way to kubelets, and cluster DNS. */
export async function applyBaseObjects(client: KubeClient): Promise<void> {
  const text = await readFile(path.join(packageRoot, 'environments/node/base-objects.yaml'), 'utf8')
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject)
  // discovery fills up in the first moments after the server calls itself ready
  await Promise.all(
    objects.map((object) => untilServed(() => client.apply(object), `the server to accept ${object.kind}`, 15_000)),
  )
}
