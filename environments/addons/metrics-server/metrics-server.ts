import type { KubeClient } from '../../../harness/base/kube-client.ts'
import type { Addon } from '../addon.ts'
import { imagesOf, readManifests } from '../read-manifests.ts'
import { deploymentLacks, unlessRefused } from '../workloads.ts'

const manifests = 'metrics-server/manifests.yaml'

/** CPU and memory figures of pods and nodes, for kubectl top and HorizontalPodAutoscalers. */
export const metricsServer: Addon = {
  name: 'metrics-server',
  images: imagesOf(readManifests(manifests)),
  objects: () => readManifests(manifests),
  async isReady(client) {
    return (await deploymentLacks(client, 'kube-system', 'metrics-server')) ?? (await figuresLack(client))
  },
}

/** A figure is the difference of two readings, so the first ones come some seconds after the server is up. */
async function figuresLack(client: KubeClient): Promise<string | undefined> {
  const [nodes, measured] = await Promise.all([
    client.list('/api/v1/nodes'),
    unlessRefused(() => client.list('/apis/metrics.k8s.io/v1beta1/nodes'), []),
  ])
  if (measured.length >= nodes.length) return undefined
  return `figures of ${measured.length} of ${nodes.length} nodes`
}
