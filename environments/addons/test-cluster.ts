import { createNodeProvider } from '../node/node-provider.ts'
import type { AddonName, Cluster } from '../provider.ts'

/** A live cluster for tests; ending it leaves one alone that was there before. */
export interface TestCluster {
  cluster: Cluster
  end(): Promise<void>
}

/** A cluster for a test of add-ons, made now; or the one called $KUBEMEND_TEST_CLUSTER, which then stays. */
export async function openTestCluster(
  purpose: string,
  options: { addons: AddonName[]; images: string[]; nodeCount: number },
): Promise<TestCluster> {
  const provider = createNodeProvider()
  const existing = process.env['KUBEMEND_TEST_CLUSTER']
  if (existing !== undefined) return { cluster: await provider.attach(existing), end: async () => undefined }
  const nodes = Array.from({ length: options.nodeCount }, (_, i) => ({
    name: i === 0 ? 'control-plane' : `worker-${i}`,
    labels: {},
    taints: [],
    capacity: {},
  }))
  const { addons, images } = options
  const name = `test-${purpose}-${process.pid}`
  const cluster = await provider.create({ name, kubernetes: '1.35', nodes, addons, images }, { owner: 'this-process' })
  return { cluster, end: () => cluster.destroy() }
}
