import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parse, stringify } from 'yaml'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { KubeClient, type KubeObject } from '../../harness/base/kube-client.ts'
import { createNodeProvider } from '../node/node-provider.ts'
import { describeProvider } from '../provider.contract.ts'
import type { Cluster, ClusterSpec } from '../provider.ts'
import { createExistingProvider } from './existing-provider.ts'
import { createLentProvider, lenders } from './lent-provider.ts'
import { surveyCluster } from './survey.ts'

// what is lent here are two embedded clusters
const dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-existing-'))
const kubeconfig = path.join(dir, 'config')
const lent: Cluster[] = []

beforeAll(async () => {
  const node = createNodeProvider()
  const made = await Promise.all(
    lenders.map((name) => node.create(specOfLender(`${name}-${process.pid}`), { owner: 'this-process' })),
  )
  lent.push(...made)
  await writeFile(kubeconfig, await mergeKubeconfigs(made))
  process.env['KUBECONFIG'] = kubeconfig
})

afterAll(async () => {
  delete process.env['KUBECONFIG']
  await Promise.all(lent.map((cluster) => cluster.destroy()))
  await rm(dir, { recursive: true })
})

describeProvider('existing', () => ({
  provider: createLentProvider(),
  factory: { file: fileURLToPath(new URL('./lent-provider.ts', import.meta.url)), name: 'createLentProvider' },
  isLent: true,
  image: 'busybox:1.36',
  async breakComponent(cluster) {
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    const condition = { type: 'Ready', status: 'False', reason: 'KubeletNotReady', message: 'made up by a test' }
    await client.patch(
      '/api/v1/nodes/first/status',
      { status: { conditions: [condition] } },
      { contentType: 'application/strategic-merge-patch+json' },
    )
    return 'first'
  },
}))

describe('a cluster that is lent', () => {
  test('is given back without anything that was not in it', async () => {
    using admin = await KubeClient.fromKubeconfig(lent[0]!.kubeconfig)
    const before = await surveyCluster(admin)
    const cluster = await createExistingProvider({ contexts: ['lent-a'] }).create(spec('back'), {
      owner: 'this-process',
    })
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    for (const object of somethingOfEverything) await client.apply(object)
    expect((await surveyCluster(admin)).uids.length).toBeGreaterThan(before.uids.length + 4)
    await cluster.destroy()
    expect(await surveyCluster(admin)).toEqual(before)
  })

  test('is refused while somebody has something in it, unless they say that it is theirs', async () => {
    using admin = await KubeClient.fromKubeconfig(lent[0]!.kubeconfig)
    const shop = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } }
    await admin.create('/api/v1/namespaces', shop)
    try {
      const careful = createExistingProvider({ contexts: ['lent-a'] })
      expect(await careful.problems()).toEqual([
        {
          what: 'context lent-a holds more than system namespaces: shop',
          cure: expect.stringContaining('--i-own-this-cluster') as string,
        },
      ])
      await expect(careful.create(spec('theirs'), { owner: 'this-process' })).rejects.toMatchObject({
        code: 'not-ours',
      })
      const told = createExistingProvider({ contexts: ['lent-a'], isOwned: true })
      await (await told.create(spec('theirs'), { owner: 'this-process' })).destroy()
      expect(await admin.find('/api/v1/namespaces/shop')).toBeDefined()
    } finally {
      await admin.delete('/api/v1/namespaces/shop')
    }
  })

  test('is lent to one at a time', async () => {
    const provider = createExistingProvider({ contexts: ['lent-b'] })
    await using cluster = await provider.create(spec('first-user'), { owner: 'this-process' })
    await expect(provider.create(spec('second-user'), { owner: 'this-process' })).rejects.toThrow(
      `context lent-b is in use as cluster ${cluster.name}`,
    )
  })

  test('is not taken where the spec wants what it has not', async () => {
    const wanted: ClusterSpec = {
      ...spec('unfit'),
      kubernetes: '1.34',
      nodes: [
        { name: 'first', labels: { disk: 'ssd' }, taints: [], capacity: { 'nvidia.com/gpu': '1' } },
        { name: 'second', labels: {}, taints: [], capacity: {} },
      ],
      addons: ['metrics-server'],
    }
    const refusal = createExistingProvider({ contexts: ['lent-b'] }).create(wanted, { owner: 'this-process' })
    await expect(refusal).rejects.toMatchObject({
      problems: [
        'context lent-b: nodes: 2 are wanted, and the cluster has 1',
        'context lent-b: nodes: first should have disk=ssd, nvidia.com/gpu=1, and has not',
        'context lent-b: kubernetes: 1.34 is wanted, and the cluster has 1.35',
        expect.stringContaining('context lent-b: addons: the cluster does not have metrics-server') as string,
      ],
    })
  })

  test('is not chosen by itself: a context that is not named is never used', async () => {
    await expect(
      createExistingProvider({ contexts: [] }).create(spec('unnamed'), { owner: 'this-process' }),
    ).rejects.toThrow('no context is named')
    await expect(
      createExistingProvider({ contexts: ['elsewhere'] }).create(spec('unnamed'), { owner: 'this-process' }),
    ).rejects.toMatchObject({ hint: 'there is lent-a, lent-b' })
  })

  test('leaves the kubeconfig of the user as it is', async () => {
    const copy = path.join(dir, 'copy')
    await copyFile(kubeconfig, copy)
    await (await createLentProvider().create(spec('untouched'), { owner: 'this-process' })).destroy()
    expect(await readFile(kubeconfig, 'utf8')).toBe(await readFile(copy, 'utf8'))
  })
})

const somethingOfEverything: KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'world' } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'in-world', namespace: 'world' } },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'in-default', namespace: 'default' } },
  {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          terminationGracePeriodSeconds: 1,
          containers: [{ name: 'web', image: 'busybox:1.36', command: ['sleep', '3600'] }],
        },
      },
    },
  },
  { apiVersion: 'rbac.authorization.k8s.io/v1', kind: 'ClusterRole', metadata: { name: 'odd' }, rules: [] },
  { apiVersion: 'scheduling.k8s.io/v1', kind: 'PriorityClass', metadata: { name: 'odd' }, value: 5 },
]

function specOfLender(name: string): ClusterSpec {
  return { ...spec(name), name, images: ['busybox:1.36'] }
}

function spec(name: string): ClusterSpec {
  const nodes = [{ name: 'first', labels: { 'example.com/rack': 'a' }, taints: [], capacity: {} }]
  return { name: `${name}-${process.pid}`, kubernetes: '1.35', nodes, addons: [], images: [] }
}

interface Config {
  clusters: { name: string; cluster: unknown }[]
  users: { name: string; user: unknown }[]
}

async function mergeKubeconfigs(clusters: Cluster[]): Promise<string> {
  const configs = await Promise.all(
    clusters.map(async (cluster) => parse(await readFile(cluster.kubeconfig, 'utf8')) as Config),
  )
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: configs.map((config, i) => ({ name: lenders[i], cluster: config.clusters[0]?.cluster })),
    users: configs.map((config, i) => ({ name: lenders[i], user: config.users[0]?.user })),
    contexts: lenders.map((name) => ({ name, context: { cluster: name, user: name } })),
  })
}
