import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseAllDocuments } from 'yaml'
import { KubeError, type KubeClient, type KubeObject } from '../../harness/base/kube-client.ts'
import { packageRoot } from '../../harness/base/package-root.ts'
import { until } from '../../harness/base/retry.ts'
import type { ClusterSpec, NodeSpec } from '../provider.ts'

/** Makes a new kind cluster what every provider's is: labels and taints as the spec says, and no add-on unasked. */
export async function shapeLikeSpec(client: KubeClient, spec: ClusterSpec): Promise<void> {
  await Promise.all([
    ...spec.nodes.map((node) => shapeNode(client, node)),
    removeDefaultStorage(client),
    shapeDns(client),
  ])
}

interface NodeObject extends KubeObject {
  spec: { taints?: NodeSpec['taints'] }
}

/** Taints that Kubernetes itself sets and removes stay as they are; a change in between means another try. */
async function shapeNode(client: KubeClient, { name, labels, taints }: NodeSpec): Promise<void> {
  const at = `/api/v1/nodes/${name}`
  for (;;) {
    const node = await client.get<NodeObject>(at)
    const automatic = (node.spec.taints ?? []).filter((taint) => taint.key.startsWith('node.kubernetes.io/'))
    try {
      await client.patch(at, {
        metadata: {
          resourceVersion: node.metadata.resourceVersion,
          labels: { ...labels, 'node.kubernetes.io/exclude-from-external-load-balancers': null },
        },
        spec: { taints: [...taints, ...automatic] },
      })
      return
    } catch (error) {
      if (!(error instanceof KubeError && error.status === 409)) throw error
    }
  }
}

/** kind brings a storage class; here storage is an add-on that a cluster has when it is asked for. */
async function removeDefaultStorage(client: KubeClient): Promise<void> {
  const classes = await client.list('/apis/storage.k8s.io/v1/storageclasses')
  await Promise.all(
    classes.map(({ metadata }) => client.delete(`/apis/storage.k8s.io/v1/storageclasses/${metadata.name}`)),
  )
  if (await client.find('/api/v1/namespaces/local-path-storage')) {
    await client.delete('/api/v1/namespaces/local-path-storage')
  }
}

/**
 * DNS as on the embedded cluster: one server, asked each second whether it is ready, that denies names outside at
 * once. kubeadm wants two, and the surplus one, where it was started already, would take seconds to say goodbye.
 */
async function shapeDns(client: KubeClient): Promise<void> {
  const pods = '/api/v1/namespaces/kube-system/pods'
  await client.patch('/api/v1/namespaces/kube-system/configmaps/coredns', { data: await embeddedCorefile() })
  const container = { name: 'coredns', readinessProbe: { periodSeconds: 1 } }
  await client.patch(
    '/apis/apps/v1/namespaces/kube-system/deployments/coredns',
    { spec: { replicas: 1, template: { spec: { containers: [container] } } } },
    { contentType: 'application/strategic-merge-patch+json' },
  )
  await until(
    async () => {
      const servers = await client.list(pods, { query: { labelSelector: 'k8s-app=kube-dns' } })
      const ending = servers.filter(({ metadata }) => metadata.deletionTimestamp !== undefined)
      for (const { metadata } of ending) await removeAtOnce(client, `${pods}/${metadata.name}`)
      return servers.length === 1
    },
    { what: 'the second DNS server to end', timeoutMs: 30_000, intervalMs: 100 },
  )
}

async function embeddedCorefile(): Promise<unknown> {
  const text = await readFile(path.join(packageRoot, 'environments/node/base-objects.yaml'), 'utf8')
  const objects = parseAllDocuments(text).map((document) => document.toJS() as KubeObject)
  return objects.find(({ kind, metadata }) => kind === 'ConfigMap' && metadata.name === 'coredns')?.['data']
}

async function removeAtOnce(client: KubeClient, pod: string): Promise<void> {
  try {
    await client.delete(pod, { query: { gracePeriodSeconds: 0 } })
  } catch (error) {
    if (!(error instanceof KubeError && error.status === 404)) throw error
  }
}
