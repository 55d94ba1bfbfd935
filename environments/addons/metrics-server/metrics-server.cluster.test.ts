import { afterAll, beforeAll, expect, test } from 'vitest'
import { KubeClient, type KubeObject } from '../../../harness/base/kube-client.ts'
import { until } from '../../../harness/base/retry.ts'
import { mustRun } from '../../../harness/base/command.ts'
import { findKubectl } from '../../smoke/find-kubectl.ts'
import { openTestCluster, type TestCluster } from '../test-cluster.ts'

let testCluster: TestCluster
let client: KubeClient

beforeAll(async () => {
  testCluster = await openTestCluster('metrics', { addons: ['metrics-server'], images: ['busybox:1.37'], nodeCount: 1 })
  client = await KubeClient.fromKubeconfig(testCluster.cluster.kubeconfig)
})

afterAll(async () => {
  client?.[Symbol.dispose]()
  await testCluster?.end()
})

const deployments = '/apis/apps/v1/namespaces/default/deployments'

test('kubectl top shows every node and a pod that works', async () => {
  expect(await top('nodes')).toHaveLength((await client.list('/api/v1/nodes')).length)
  await client.create(deployments, busyDeployment('busy', 'while :; do :; done'))
  const usage = await until(
    async () => (await top('pods', '--namespace=default')).find((line) => line.startsWith('busy-')),
    { what: 'the pod to be measured', timeoutMs: 60_000, intervalMs: 1000, isTransient: () => true },
  )
  const millicores = Number(/ (\d+)m /.exec(usage)?.[1])
  expect(millicores).toBeGreaterThan(50)
  expect(millicores).toBeLessThan(250)
  await client.delete(`${deployments}/busy`)
})

test('a HorizontalPodAutoscaler scales up under load', { timeout: 150_000 }, async () => {
  await client.create(deployments, busyDeployment('loaded', 'while :; do :; done'))
  await client.create('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers', {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name: 'loaded' },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'loaded' },
      minReplicas: 1,
      maxReplicas: 3,
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } },
      ],
    },
  })
  await until(
    async () => {
      const found = await client.get<KubeObject & { spec: { replicas: number } }>(`${deployments}/loaded`)
      return found.spec.replicas > 1
    },
    { what: 'the autoscaler to add a pod', timeoutMs: 120_000, intervalMs: 500 },
  )
  await client.delete('/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers/loaded')
  await client.delete(`${deployments}/loaded`)
})

async function top(...words: string[]): Promise<string[]> {
  const kubectl = await findKubectl('1.35')
  const kubeconfig = `--kubeconfig=${testCluster.cluster.kubeconfig}`
  const { stdout } = await mustRun([kubectl, kubeconfig, 'top', ...words, '--no-headers'], { timeoutMs: 20_000 })
  return stdout.trim().split('\n')
}

function busyDeployment(name: string, script: string): KubeObject {
  const container = {
    name: 'main',
    image: 'busybox:1.37',
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
    resources: { requests: { cpu: '50m' }, limits: { cpu: '150m' } },
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { app: name } },
        spec: { terminationGracePeriodSeconds: 0, containers: [container] },
      },
    },
  }
}
