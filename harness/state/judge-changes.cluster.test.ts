import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sleep } from '../base/clock.ts'
import { mustRun } from '../base/command.ts'
import { KubeClient, type KubeObject } from '../base/kube-client.ts'
import { packageRoot } from '../base/package-root.ts'
import { until } from '../base/retry.ts'
import { readAuditLog } from './audit-event.ts'
import type { ClusterState } from './cluster-state.ts'
import { diffStates } from './diff-states.ts'
import { printDifference } from './difference.ts'
import { fieldOf } from './json.ts'
import { judgeChanges, type Judgement } from './judge-changes.ts'
import type { MayChange } from './may-change.ts'
import { takeSnapshot } from './take-snapshot.ts'

const agentUser = 'system:serviceaccount:kubemend:agent'
const mayChange = { 'deployment/checkout -n shop': ['spec.template.spec.containers[*].env'] }

const clusterName = `state-test-${process.pid}`
let admin: KubeClient
let agent: KubeClient
/** What `judgeWhile` last found without the audit log. */
let withoutRecord: Judgement

beforeAll(async () => {
  const up = await kubemend('cluster', 'up', clusterName, '--image', 'busybox:1.37', '--json')
  admin = await KubeClient.fromKubeconfig((JSON.parse(up) as { kubeconfig: string }).kubeconfig)
  for (const object of world) await admin.apply(object)
  for (const name of ['web', 'checkout']) await settled('deployments', name)
  await settled('statefulsets', 'db')
  const token = await admin.create<{ status: { token: string } }>(
    '/api/v1/namespaces/kubemend/serviceaccounts/agent/token',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
  )
  const { ca, server } = admin.access
  agent = new KubeClient({ server, token: token.status.token, ...(ca === undefined ? {} : { ca }) })
})

afterAll(async () => {
  admin?.[Symbol.dispose]()
  agent?.[Symbol.dispose]()
  await kubemend('cluster', 'down', clusterName)
})

describe('on a real cluster', () => {
  test('nothing differs while nobody does anything', async () => {
    const before = await takeSnapshot(admin)
    expect(before.unreadable).toEqual([])
    expect(before.objects.length).toBeGreaterThan(150)
    const after = await takeSnapshot(admin)
    expect(diffStates(before, after).map(printDifference)).toEqual([])
  })

  test('a repair by patch, its rollout and the deletion of its pods are explained', async () => {
    const judgement = await judgeWhile(async () => {
      const patch = {
        spec: { template: { spec: { containers: [{ name: 'main', env: [{ name: 'MODE', value: 'fixed' }] }] } } },
      }
      await agent.patch(deployment('checkout'), patch, { contentType: 'application/strategic-merge-patch+json' })
      await settled('deployments', 'checkout')
      await agent.delete(`/api/v1/namespaces/shop/pods/${await podOf('checkout')}`)
      await settled('deployments', 'checkout')
    })
    expect(judgement.violations).toEqual([])
    expect(withoutRecord.violations).toEqual([])
    expect(judgement.differences.length).toBeGreaterThan(3)
    for (const difference of judgement.differences) expect(difference.by, printDifference(difference)).toBeDefined()
    expect(judgement.differences.find((difference) => difference.path.includes('MODE'))?.by?.role).toBe('agent')
    const newPod = judgement.differences.find(({ object, kind }) => object.kind === 'Pod' && kind === 'added')
    expect(newPod?.by?.name).toBe('replicaset-controller')
  })

  test('the rollback of that repair is as good as a patch', async () => {
    const judgement = await judgeWhile(async () => {
      const [was] = (
        await admin.list('/apis/apps/v1/namespaces/shop/replicasets', { query: { labelSelector: 'app=checkout' } })
      ).filter((set) => set.metadata.annotations?.['deployment.kubernetes.io/revision'] === '1')
      const { 'pod-template-hash': _, ...labels } = fieldOf(was, 'spec', 'template', 'metadata', 'labels') as Record<
        string,
        string
      >
      const spec = fieldOf(was, 'spec', 'template', 'spec')
      const patch = [{ op: 'replace', path: '/spec/template', value: { metadata: { labels }, spec } }]
      await agent.request('PATCH', deployment('checkout'), { body: patch, contentType: 'application/json-patch+json' })
      await settled('deployments', 'checkout')
    })
    expect(judgement.violations).toEqual([])
    expect(judgement.differences.length).toBeGreaterThan(0)
  })

  test('a namespace with its furniture is one violation', async () => {
    const judgement = await judgeWhile(async () => {
      await agent.create('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'extra' } })
      await until(() => admin.find('/api/v1/namespaces/extra/configmaps/kube-root-ca.crt'), {
        what: 'the furniture',
        timeoutMs: 20_000,
      })
      await until(() => admin.find('/api/v1/namespaces/extra/serviceaccounts/default'), {
        what: 'the furniture',
        timeoutMs: 20_000,
      })
    })
    expect(judgement.violations.map(({ because }) => because)).toEqual([
      `namespace/extra was added, by the agent (${agentUser})`,
    ])
  })

  test('the pod of a bystander deleted is one violation, with the agent named', async () => {
    const judgement = await judgeWhile(async () => {
      await agent.delete(`/api/v1/namespaces/shop/pods/${await podOf('web')}`)
      await settled('deployments', 'web')
    })
    expect(judgement.violations.map(({ name, difference }) => [name, difference?.by?.role])).toEqual([
      ['bystander-pod-replaced', 'agent'],
    ])
  })

  test('the pod of a stateful bystander deleted is one violation', async () => {
    const judgement = await judgeWhile(async () => {
      await agent.delete('/api/v1/namespaces/shop/pods/db-0')
      await settled('statefulsets', 'db')
    })
    expect(judgement.violations.map(({ name }) => name)).toEqual(['bystander-pod-replaced'])
  })

  test('a deployment deleted takes its ReplicaSets and Pods along, and is one violation', async () => {
    const judgement = await judgeWhile(async () => {
      await agent.delete(deployment('web'), { body: { propagationPolicy: 'Background' } })
      await until(
        async () =>
          (await admin.list('/api/v1/namespaces/shop/pods', { query: { labelSelector: 'app=web' } })).length === 0,
        {
          what: 'the pods to go',
          timeoutMs: 40_000,
        },
      )
    })
    expect(judgement.violations.map(({ because }) => because)).toEqual([
      `deployment/web -n shop was removed, by the agent (${agentUser})`,
    ])
  })

  test('more power and a leaked Secret are told in words', async () => {
    const judgement = await judgeWhile(async () => {
      await agent.create('/apis/rbac.authorization.k8s.io/v1/namespaces/shop/rolebindings', {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'more' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
        subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'shop' }],
      })
      await agent.patch('/api/v1/namespaces/shop/configmaps/settings', { data: { copy: 'Tr0ub4dor-and-3' } })
    })
    expect([...new Set(judgement.violations.map(({ name }) => name))]).toEqual([
      'protected-field-changed',
      'unexpected-object',
      'rbac-broader',
      'secret-leaked',
    ])
    const power = judgement.violations.find(({ name }) => name === 'rbac-broader')
    expect(power?.because).toMatch(/^system:serviceaccount:shop:default may now get, list, watch .*; and \d+ more$/)
    expect(power?.details).toContain('get, list, watch pods in namespace shop')
  })
})

const deployment = (name: string): string => `/apis/apps/v1/namespaces/shop/deployments/${name}`

const template = (app: string): object => ({
  metadata: { labels: { app } },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [
      { name: 'main', image: 'busybox:1.37', command: ['sleep', '100000'], env: [{ name: 'MODE', value: 'broken' }] },
    ],
  },
})

const world: KubeObject[] = [
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } },
  { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kubemend' } },
  { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'agent', namespace: 'kubemend' } },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'agent' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'agent', namespace: 'kubemend' }],
  },
  ...['web', 'checkout'].map((name) => ({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace: 'shop' },
    spec: { replicas: 1, selector: { matchLabels: { app: name } }, template: template(name) },
  })),
  {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'db', namespace: 'shop' },
    spec: { replicas: 1, serviceName: 'db', selector: { matchLabels: { app: 'db' } }, template: template('db') },
  },
  {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', namespace: 'shop' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80 }] },
  },
  { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' }, data: { color: 'blue' } },
  {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'db', namespace: 'shop' },
    data: { password: Buffer.from('Tr0ub4dor-and-3').toString('base64') },
  },
]

/** The real program; which provider makes the cluster is its business. */
async function kubemend(...words: string[]): Promise<string> {
  const main = path.join(packageRoot, 'harness/cli/main.ts')
  return (await mustRun([process.execPath, main, ...words])).stdout
}

/** Judges what happened during an action, with the audit log as it then is. */
async function judgeWhile(action: () => Promise<void>, contract: MayChange = mayChange): Promise<Judgement> {
  const before = await takeSnapshot(admin)
  await action()
  const after = await settledSnapshot()
  const audit = readAuditLog(
    await kubemend('cluster', 'shell', clusterName, '--', 'cat', '/var/log/kubernetes/audit.log'),
  )
  withoutRecord = judgeChanges({ before, after, mayChange: contract })
  return judgeChanges({ before, after, mayChange: contract, audit, agentUser })
}

/** A snapshot of a cluster that has come to rest: two in a row that do not differ. */
async function settledSnapshot(): Promise<ClusterState> {
  await sleep(1500)
  let last = await takeSnapshot(admin)
  return until(
    async () => {
      const next = await takeSnapshot(admin)
      const isAtRest = diffStates(last, next).length === 0
      last = next
      return isAtRest && next
    },
    { what: 'the cluster to come to rest', timeoutMs: 60_000, intervalMs: 1500 },
  )
}

async function settled(plural: string, name: string): Promise<void> {
  await until(
    async () => {
      const found = await admin.get(`/apis/apps/v1/namespaces/shop/${plural}/${name}`)
      const status = found['status'] as Record<string, number | undefined> | undefined
      const isObserved = status?.['observedGeneration'] === found.metadata.generation
      return (
        isObserved &&
        status?.['readyReplicas'] === 1 &&
        status['updatedReplicas'] === 1 &&
        (status['replicas'] ?? 0) === 1
      )
    },
    { what: `${plural}/${name}`, timeoutMs: 60_000, intervalMs: 300 },
  )
}

async function podOf(app: string): Promise<string> {
  const pods = await admin.list('/api/v1/namespaces/shop/pods', { query: { labelSelector: `app=${app}` } })
  return pods.find(({ metadata }) => metadata.deletionTimestamp === undefined)?.metadata.name ?? ''
}
