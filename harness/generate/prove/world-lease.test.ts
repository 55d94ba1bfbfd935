import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createFakeProvider } from '../../../environments/fake/fake-provider.ts'
import type { Cluster } from '../../../environments/provider.ts'
import { verifiers } from '../../../verifiers/library.ts'
import { KubeClient } from '../../base/kube-client.ts'
import { fieldOf } from '../../state/json.ts'
import { loadTask } from '../../task/load-task.ts'
import { sampleTask, writeSampleTask } from '../../task/sample-task.ts'
import type { Task } from '../../task/task.ts'
import { CpuMeter } from './cpu-meter.ts'
import { WorldLease } from './world-lease.ts'

const settings = '/api/v1/namespaces/shop/configmaps/settings'
const shop = '/apis/apps/v1/namespaces/shop/deployments/shop'

/** Nothing of the sample's own world. */
const none = Object.fromEntries(
  Object.keys(sampleTask)
    .filter((file) => /^(?:environment|solution)\//.test(file))
    .map((file) => [file, undefined]),
)

const files = {
  ...none,
  'environment/world/10-shop.yaml': `apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop }
data: { colour: blue, size: large }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: shop, namespace: shop, labels: { app: shop } }
spec:
  replicas: 1
  selector: { matchLabels: { app: shop } }
  template:
    metadata: { labels: { app: shop } }
    spec:
      containers: [{ name: shop, image: "kubemend/echo:1" }]
`,
  'environment/fault/10-fault.yaml': `apiVersion: v1
kind: ConfigMap
metadata: { name: settings, namespace: shop }
data: { colour: red }
`,
  'tests/contract.yaml': `outcome:
  - field-equals: { object: configmap/settings, namespace: shop, path: data.colour, equals: blue }
healthy:
  - field-equals: { object: configmap/settings, namespace: shop, path: data.colour, equals: blue }
symptom:
  - field-equals: { object: configmap/settings, namespace: shop, path: data.colour, equals: red }
may-change:
  - configmap/settings -n shop: [data]
`,
  'solution/solve.sh': '#!/bin/bash\nkubectl patch configmap settings -n shop\n',
}

let dir: string
let task: Task
beforeEach(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'lease-'))
  task = await loadTask(await writeSampleTask(path.join(dir, 'settings'), files), { verifiers })
})
afterEach(() => rm(dir, { recursive: true, force: true }))

function lease(resetWithinMs = 10_000): WorldLease {
  const programs = { kubectl: '', portal: '' }
  const meter = new CpuMeter()
  return new WorldLease([task], {
    provider: createFakeProvider(),
    verifiers,
    programs,
    meter,
    say: () => undefined,
    resetWithinMs,
  })
}

async function take(of: WorldLease): Promise<{ cluster: Cluster; client: KubeClient }> {
  const cluster = await of.restore('any', 'trial', { owner: 'this-process' })
  return { cluster, client: await KubeClient.fromKubeconfig(cluster.kubeconfig) }
}

it('gives every trial the broken world, whatever the one before it did', async () => {
  await using world = lease()
  const first = await take(world)
  expect(fieldOf(await first.client.request('GET', settings), 'data', 'colour')).toBe('red')
  await first.client.patch(settings, { data: { colour: 'blue', size: null, more: 'yes' } })
  await first.client.delete(shop)
  await first.client.create('/api/v1/namespaces/shop/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'left-behind', namespace: 'shop' },
  })
  await first.cluster.destroy()

  const second = await take(world)
  expect((await second.client.request('GET', settings))['data']).toEqual({ colour: 'red', size: 'large' })
  expect(await second.client.find('/api/v1/namespaces/shop/configmaps/left-behind')).toBeUndefined()
  expect(fieldOf(await second.client.request('GET', shop), 'status', 'availableReplicas')).toBe(1)
  expect(world.counts).toEqual({ clusters: 1, resets: 1, failedResets: 0 })
})

it('does not break a world again that was only looked at', async () => {
  await using world = lease()
  world.begin(task)
  world.expectOnlyLooks()
  await (await take(world)).cluster.destroy()
  const { client } = await take(world)
  expect(fieldOf(await client.request('GET', settings), 'data', 'colour')).toBe('red')
  expect(world.counts).toEqual({ clusters: 1, resets: 0, failedResets: 0 })
})

it('takes a new cluster where a world cannot be put back', async () => {
  await using world = lease(500)
  const first = await take(world)
  // nobody can make this anew under the name of what is being deleted for ever
  await first.client.patch(settings, { metadata: { finalizers: ['example.com/for-ever'] } })
  await first.client.delete(settings)
  await first.cluster.destroy()
  const second = await take(world)
  expect(fieldOf(await second.client.request('GET', settings), 'data', 'colour')).toBe('red')
  expect(second.cluster.name).toBe(first.cluster.name)
  expect(world.counts.clusters).toBe(2)
})
