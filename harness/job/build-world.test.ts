import { mkdtemp, rm } from 'node:fs/promises'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFakeProvider } from '../../environments/fake/fake-provider.ts'
import type { Cluster } from '../../environments/provider.ts'
import { KubeClient } from '../base/kube-client.ts'
import { loadTask } from '../task/load-task.ts'
import { writeSampleTask } from '../task/sample-task.ts'
import { buildWorld } from '../trial/world.ts'

let dir = ''
let cluster: Cluster
beforeAll(async () => {
  dir = await mkdtemp(path.join(os.tmpdir(), 'kubemend-world-'))
  const spec = { name: 'world-test', kubernetes: '1.35', addons: [], images: [] }
  cluster = await createFakeProvider().create(
    { ...spec, nodes: [{ name: 'node-1', labels: {}, taints: [], capacity: {} }] },
    { owner: 'this-process' },
  )
})
afterAll(async () => {
  await cluster[Symbol.asyncDispose]()
  await rm(dir, { recursive: true, force: true })
})

describe('buildWorld', () => {
  it('does not wait for pods in a namespace that is to have none, and waits for those of another', async () => {
    const task = await loadTask(
      await writeSampleTask(path.join(dir, 'task'), {
        'environment/world/20-empty.yaml': `apiVersion: v1
kind: Namespace
metadata: { name: papers }
---
apiVersion: v1
kind: ConfigMap
metadata: { name: paper, namespace: papers }
data: { text: hello }
`,
      }),
    )
    expect(task.namespaces).toEqual(expect.arrayContaining(['shop', 'papers']))
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    const world = { ...task, contract: undefined }
    const programs = { kubectl: 'kubectl', portal: 'portal' }
    await buildWorld({ task: world, client, cluster, verifiers: {}, programs, signal: AbortSignal.timeout(20_000) })
    expect(await client.list('/api/v1/namespaces/papers/pods')).toEqual([])
    expect(await client.find('/api/v1/namespaces/papers/configmaps/paper')).toMatchObject({ data: { text: 'hello' } })
    const pods = await client.list('/api/v1/namespaces/shop/pods')
    expect(pods.length).toBeGreaterThan(0)
    expect(pods.every((pod) => JSON.stringify(pod['status']).includes('"Ready"'))).toBe(true)
  })
})
