import { afterAll, beforeAll, expect, test } from 'vitest'
import { startTimer } from '../../../harness/base/clock.ts'
import { KubeClient, type KubeObject } from '../../../harness/base/kube-client.ts'
import { until } from '../../../harness/base/retry.ts'
import { openTestCluster, type TestCluster } from '../test-cluster.ts'

let testCluster: TestCluster
let client: KubeClient

beforeAll(async () => {
  testCluster = await openTestCluster('storage', { addons: ['storage'], images: ['busybox:1.37'], nodeCount: 1 })
  client = await KubeClient.fromKubeconfig(testCluster.cluster.kubeconfig)
})

afterAll(async () => {
  client?.[Symbol.dispose]()
  await testCluster?.end()
})

const claims = '/api/v1/namespaces/default/persistentvolumeclaims'
const pods = '/api/v1/namespaces/default/pods'

test('a claim without a class waits for a pod, is bound then, and its data outlives the pod', async () => {
  await claim('data')
  const first = startTimer()
  await runPod('writer', 'data', 'echo kept >/data/file && echo written')
  expect(first(), 'milliseconds until the first pod had run').toBeLessThan(30_000)
  const bound = await client.get<Claim>(`${claims}/data`)
  expect(bound.status?.phase).toBe('Bound')
  expect(bound.spec.storageClassName).toBe('standard')
  await client.delete(`${pods}/writer`)
  expect(await runPod('reader', 'data', 'cat /data/file')).toBe('kept')

  await client.delete(`${pods}/reader`)
  await client.delete(`${claims}/data`)
  const volume = `/api/v1/persistentvolumes/${bound.spec.volumeName}`
  await until(async () => (await client.find(volume)) === undefined, {
    what: 'the volume to go with its claim',
    timeoutMs: 40_000,
    intervalMs: 200,
  })
})

test('a claim that no pod uses stays pending', async () => {
  await claim('unused')
  await until(async () => (await eventReasons('unused')).includes('WaitForFirstConsumer'), {
    what: 'the reason to be given',
    timeoutMs: 15_000,
    intervalMs: 200,
  })
  expect((await client.get<Claim>(`${claims}/unused`)).status?.phase).toBe('Pending')
  await client.delete(`${claims}/unused`)
})

test('replicas of a StatefulSet get a volume each, and find it again', async () => {
  await client.apply({
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'default' },
    spec: {
      serviceName: 'db',
      replicas: 2,
      podManagementPolicy: 'Parallel',
      selector: { matchLabels: { app: 'db' } },
      template: {
        metadata: { labels: { app: 'db' } },
        spec: {
          terminationGracePeriodSeconds: 0,
          containers: [
            container('hostname >>/data/names; touch /tmp/ready; sleep 3600', {
              readinessProbe: { exec: { command: ['test', '-e', '/tmp/ready'] }, periodSeconds: 1 },
            }),
          ],
        },
      },
      volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: claimSpec }],
    },
  })
  const isReady = async (): Promise<boolean> => {
    const found = await client.get<KubeObject & { status?: { readyReplicas?: number } }>(
      '/apis/apps/v1/namespaces/default/statefulsets/db',
    )
    return found.status?.readyReplicas === 2
  }
  await until(isReady, { what: 'both replicas', timeoutMs: 60_000, intervalMs: 200 })
  const { metadata } = await client.get(`${pods}/db-1`)
  await client.delete(`${pods}/db-1`)
  const isAnew = async (): Promise<boolean> => {
    const found = await client.find(`${pods}/db-1`)
    return found !== undefined && found.metadata.uid !== metadata.uid && (await isReady())
  }
  await until(isAnew, { what: 'the replica to come back', timeoutMs: 60_000, intervalMs: 200 })
  expect(await runPod('look', 'data-db-1', 'cat /data/names')).toBe('db-1\ndb-1')
  await client.delete('/apis/apps/v1/namespaces/default/statefulsets/db')
  await client.delete(`${pods}/look`)
  await client.delete(claims)
})

const claimSpec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '10Mi' } } }

async function claim(name: string): Promise<void> {
  await client.create(claims, {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: claimSpec,
  })
}

/** Runs a script beside a claim's volume at /data to its end and answers what it printed. */
async function runPod(name: string, claimName: string, script: string): Promise<string> {
  await client.create(pods, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: {
      restartPolicy: 'Never',
      terminationGracePeriodSeconds: 0,
      containers: [container(script)],
      volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }],
    },
  })
  await until(
    async () =>
      (await client.get<KubeObject & { status: { phase: string } }>(`${pods}/${name}`)).status.phase === 'Succeeded',
    { what: `pod ${name} to end`, timeoutMs: 60_000, intervalMs: 100 },
  )
  return (await client.requestText('GET', `${pods}/${name}/log`)).trim()
}

function container(script: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'main',
    image: 'busybox:1.37',
    imagePullPolicy: 'IfNotPresent',
    command: ['sh', '-c', script],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
    ...more,
  }
}

async function eventReasons(about: string): Promise<string[]> {
  const events = await client.list<KubeObject & { reason: string; involvedObject: { name: string } }>(
    '/api/v1/namespaces/default/events',
  )
  return events.filter((event) => event.involvedObject.name === about).map((event) => event.reason)
}

interface Claim extends KubeObject {
  spec: { storageClassName?: string; volumeName?: string }
  status?: { phase: string }
}
