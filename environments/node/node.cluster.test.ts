import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { mustRun } from '../../harness/base/command.ts'
import { KubeClient } from '../../harness/base/kube-client.ts'
import { ensureImages } from '../images/ensure-images.ts'
import { describeProvider } from '../provider.contract.ts'
import type { ClusterSpec } from '../provider.ts'
import { countMachine, describeChange } from './machine-counts.ts'
import { createNodeProvider } from './node-provider.ts'

describeProvider('node', () => ({
  provider: createNodeProvider(),
  factory: { file: fileURLToPath(new URL('./node-provider.ts', import.meta.url)), name: 'createNodeProvider' },
  image: 'busybox:1.36',
  async archive() {
    const image = 'alpine:3.20'
    const [made] = await ensureImages([image])
    return { file: made!.archive, image }
  },
  async breakComponent(cluster) {
    await mustRun(cluster.shellCommand('first', ['sh', '-c', 'kill -9 $(cat /run/node/kube-scheduler.pid)']))
    return 'kube-scheduler'
  },
}))

describe('the embedded provider leaves the machine as it was', () => {
  const prefix = `smoke-cycle-${process.pid}-`
  const provider = createNodeProvider()

  const spec = (cycle: number): ClusterSpec => ({
    name: `${prefix}${cycle}`,
    kubernetes: '1.35',
    nodes: (cycle % 5 === 0 ? ['control-plane', 'worker-1'] : ['control-plane']).map((name) => ({
      name,
      labels: {},
      taints: [],
      capacity: {},
    })),
    addons: [],
    images: [],
  })

  it('after ten clusters were made and destroyed', { timeout: 300_000 }, async () => {
    const before = await countMachine(prefix)
    const firstObjects: string[][] = []
    for (let cycle = 1; cycle <= 10; cycle++) {
      const cluster = await provider.create(spec(cycle), { owner: 'this-process' })
      if (cycle === 1) {
        const during = await countMachine(prefix)
        expect(during.processes).toBeGreaterThan(8)
        expect(during.cgroups).toBeGreaterThan(0)
        expect(during.files).toBeGreaterThan(0)
        expect([during.links, during.routes, during.nftTables]).toEqual([before.links, before.routes, before.nftTables])
      }
      if (cycle <= 2) firstObjects.push(await objectsOfEveryServer(cluster.kubeconfig))
      await cluster.destroy()
      expect(describeChange(before, await countMachine(prefix)), `after cycle ${cycle}`).toEqual([])
    }
    expect(firstObjects[0]?.length).toBeGreaterThan(100)
    expect(firstObjects[1]).toEqual(firstObjects[0])
  })

  it('after a cluster was destroyed while its pods were busy', { timeout: 120_000 }, async () => {
    const before = await countMachine(prefix)
    const cluster = await provider.create({ ...spec(11), images: ['busybox:1.36'] }, { owner: 'this-process' })
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    await client.create('/apis/apps/v1/namespaces/default/deployments', {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'busy' },
      spec: {
        replicas: 6,
        selector: { matchLabels: { app: 'busy' } },
        template: {
          metadata: { labels: { app: 'busy' } },
          spec: {
            containers: [
              {
                name: 'main',
                image: 'busybox:1.36',
                command: ['sh', '-c', 'while :; do sh -c "sleep 0.01; :"; done'],
                volumeMounts: [{ name: 'memory', mountPath: '/memory' }],
              },
            ],
            volumes: [{ name: 'memory', emptyDir: { medium: 'Memory' } }],
          },
        },
      },
    })
    // in the middle of starting them, on purpose
    for await (const event of client.watch('/api/v1/namespaces/default/pods')) {
      if ((event.object['status'] as { phase: string }).phase === 'Running') break
    }
    await cluster.destroy()
    expect(describeChange(before, await countMachine(prefix))).toEqual([])
  })
})

/** Bootstrap policy and priority classes with their identities: an API server finds them in place, as they were kept. */
async function objectsOfEveryServer(kubeconfig: string): Promise<string[]> {
  using client = await KubeClient.fromKubeconfig(kubeconfig)
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const lists = [`${rbac}/clusterroles`, `${rbac}/clusterrolebindings`, '/apis/scheduling.k8s.io/v1/priorityclasses']
  const objects = (await Promise.all(lists.map((list) => client.list(list)))).flat()
  return objects
    .filter(({ metadata }) => metadata.name.startsWith('system') && !metadata.name.includes('coredns'))
    .map(({ metadata }) => `${metadata.name} ${metadata.uid}`)
    .toSorted()
}
