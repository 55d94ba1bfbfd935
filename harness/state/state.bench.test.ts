import { expect, test } from 'vitest'
import type { KubeObject } from '../base/kube-client.ts'
import type { AuditEvent } from './audit-event.ts'
import { judgeChanges } from './judge-changes.ts'
import { sample, sampleDeployment, samplePodsOf, stateOf, withChange } from './sample-objects.ts'

// Everything that judging does, on clusters where one object in ten changed: differences, who did it, ownership, RBAC, Secrets.
test('judging grows with the cluster, and 5,000 objects take less than two seconds and 500 MB', () => {
  judgeCluster(500)
  const rows = [1000, 5000, 20_000].map(judgeCluster)
  for (const { objects, cpuMs, peakMb } of rows) {
    process.stdout.write(`${objects} objects: ${cpuMs.toFixed(0)} ms CPU, ${peakMb.toFixed(0)} MB at most\n`)
  }
  const [small, middle, large] = rows as [Row, Row, Row]
  expect(middle.cpuMs).toBeLessThan(2000)
  expect(middle.peakMb).toBeLessThan(500)
  expect(large.cpuMs / large.objects).toBeLessThan((4 * Math.max(small.cpuMs, 20)) / small.objects)
}, 60_000)

interface Row {
  objects: number
  cpuMs: number
  peakMb: number
}

function judgeCluster(size: number): Row {
  const { before, after, audit } = cluster(size)
  const start = process.cpuUsage()
  const judgement = judgeChanges({
    before: stateOf(before),
    after: stateOf(after),
    mayChange: { 'deployment/app-* -n *': ['spec.template.spec.containers[*].env'] },
    audit,
    agentUser: 'agent',
  })
  const used = process.cpuUsage(start)
  expect(judgement.differences.length).toBeGreaterThan(size / 20)
  expect(judgement.violations.map(({ name }) => name)).toContain('rbac-broader')
  expect(judgement.violations.map(({ name }) => name)).toContain('secret-leaked')
  return {
    objects: before.length,
    cpuMs: (used.user + used.system) / 1000,
    peakMb: process.resourceUsage().maxRSS / 1024,
  }
}

/** Namespaces with a deployment of two pods, a service with its slice, settings, a secret and a role with its binding each. */
function cluster(size: number): { before: KubeObject[]; after: KubeObject[]; audit: AuditEvent[] } {
  const before: KubeObject[] = []
  const after: KubeObject[] = []
  const audit: AuditEvent[] = []
  for (let i = 0; before.length < size; i++) {
    const namespace = `team-${Math.floor(i / 10)}`
    const into = (object: KubeObject): KubeObject => withChange(object, ['metadata', 'namespace'], namespace)
    const deployment = into(sampleDeployment(`app-${i}`))
    const group = [
      deployment,
      ...samplePodsOf(deployment, 'aaa', 2),
      into(
        sample('v1', 'Service', `app-${i}`, {
          spec: { selector: { app: `app-${i}` }, ports: [{ port: 80 }], clusterIP: `10.96.${i >> 8}.${i & 255}` },
        }),
      ),
      into(
        sample('v1', 'ConfigMap', `app-${i}`, {
          data: { 'app.yaml': `name: app-${i}\n${'setting: value\n'.repeat(50)}` },
        }),
      ),
      into(
        sample('v1', 'Secret', `app-${i}`, {
          type: 'Opaque',
          data: { password: btoa(`pass-word-${i}-${(i * 7919) % 9973}`), token: btoa(`token-${i}`.repeat(5)) },
        }),
      ),
      into(
        sample('rbac.authorization.k8s.io/v1', 'Role', `app-${i}`, {
          rules: [
            {
              apiGroups: ['', 'apps'],
              resources: ['pods', 'deployments', 'configmaps'],
              verbs: ['get', 'list', 'watch'],
            },
          ],
        }),
      ),
      into(
        sample('rbac.authorization.k8s.io/v1', 'RoleBinding', `app-${i}`, {
          roleRef: { kind: 'Role', name: `app-${i}` },
          subjects: [{ kind: 'ServiceAccount', name: `app-${i}` }],
        }),
      ),
      into(sample('v1', 'ServiceAccount', `app-${i}`)),
    ]
    before.push(...group)
    after.push(...group.map((object) => (i % 3 === 0 ? changed(object, i, audit) : structuredClone(object))))
  }
  return { before, after, audit }
}

function changed(object: KubeObject, i: number, audit: AuditEvent[]): KubeObject {
  const other =
    object.kind === 'Deployment'
      ? withChange(object, ['spec', 'template', 'spec', 'containers', 0, 'env', 0, 'value'], `changed-${i}`)
      : object.kind === 'ConfigMap'
        ? withChange(object, ['data', 'more'], `password: pass-word-${i}-${(i * 7919) % 9973}`)
        : object.kind === 'Role'
          ? withChange(object, ['rules', 0, 'verbs', 3], 'delete')
          : structuredClone(object)
  const at = new Date(Date.parse('2026-01-01T00:00:10Z') + audit.length).toISOString()
  audit.push({
    auditID: String(audit.length),
    stage: 'ResponseComplete',
    verb: 'update',
    user: { username: 'agent' },
    objectRef: {
      resource: `${object.kind.toLowerCase()}s`,
      name: object.metadata.name,
      namespace: object.metadata.namespace ?? '',
    },
    responseStatus: { code: 200 },
    responseObject: other,
    requestReceivedTimestamp: at,
    stageTimestamp: at,
  })
  return other
}
