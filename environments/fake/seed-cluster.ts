import type { ClusterSpec, NodeSpec } from '../provider.ts'
import { mustFind, type ObjectStore } from './object-store.ts'

/** What a new cluster has before anybody asks: namespaces, nodes, the API server's service. */
export function seedCluster(store: ObjectStore, spec: ClusterSpec): void {
  for (const name of ['default', 'kube-system', 'kube-public', 'kube-node-lease']) {
    store.create(mustFind('', 'namespaces'), { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  }
  for (const [i, node] of spec.nodes.entries())
    store.create(mustFind('', 'nodes'), nodeObject(node, i, spec.kubernetes))
  store.create(mustFind('', 'services'), {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'kubernetes', namespace: 'default', labels: { component: 'apiserver', provider: 'kubernetes' } },
    spec: { type: 'ClusterIP', clusterIP: '10.96.0.1', ports: [{ name: 'https', port: 443, targetPort: 6443 }] },
  })
  store.create(mustFind('rbac.authorization.k8s.io', 'clusterroles'), {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'cluster-admin' },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  })
}

function nodeObject(node: NodeSpec, index: number, kubernetes: string): Parameters<ObjectStore['create']>[1] {
  const capacity = { cpu: '4', memory: '8Gi', pods: '110', ...node.capacity }
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: node.name,
      labels: {
        'kubernetes.io/hostname': node.name,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': 'amd64',
        ...(index === 0 ? { 'node-role.kubernetes.io/control-plane': '' } : {}),
        ...node.labels,
      },
    },
    spec: { podCIDR: `10.244.${index}.0/24`, ...(node.taints.length > 0 ? { taints: node.taints } : {}) },
    status: {
      capacity,
      allocatable: capacity,
      addresses: [
        { type: 'InternalIP', address: `10.200.0.${index + 2}` },
        { type: 'Hostname', address: node.name },
      ],
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady' }],
      nodeInfo: { kubeletVersion: `v${kubernetes}.0-fake`, osImage: 'memory', containerRuntimeVersion: 'none' },
    },
  }
}
