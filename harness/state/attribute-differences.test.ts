import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../base/kube-client.ts'
import { attributeDifferences } from './attribute-differences.ts'
import { readAuditLog, type AuditEvent } from './audit-event.ts'
import type { Author } from './author.ts'
import { diffStates } from './diff-states.ts'
import { controllerUser, sampleEvent } from './sample-audit.ts'
import { ownedBy, sample, sampleDeployment, samplePodsOf, stateOf, withChange } from './sample-objects.ts'
import { indexState } from './state-index.ts'
import { typesOf } from './types/known-types.ts'

const agent = 'system:serviceaccount:kubemend:agent'
const web = sampleDeployment('web')
const scaled = withChange(web, ['spec', 'replicas'], 5)
const [set, pod] = samplePodsOf(web, 'aaa') as [KubeObject, KubeObject]

describe('a changed field was changed', () => {
  test('by whoever made the last request after which it had a new value', () => {
    const other = withChange(scaled, ['metadata', 'labels'], { a: 'b' })
    expect(
      authorsOf(
        [web],
        [other],
        [
          sampleEvent('alice', 'update', withChange(web, ['spec', 'replicas'], 3)),
          sampleEvent(agent, 'update', scaled),
          sampleEvent(controllerUser('deployment-controller'), 'update', other),
        ],
      ),
    ).toEqual({ 'metadata.labels.a': 'deployment-controller', 'spec.replicas': agent })
  })

  test('by the one user who wrote it in another version, whose fields are others', () => {
    const metrics = (averageUtilization: number): unknown => [
      { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } },
    ]
    const scaler = sample('autoscaling/v2', 'HorizontalPodAutoscaler', 'web', {
      spec: { maxReplicas: 3, metrics: metrics(80) },
    })
    const changed = withChange(scaler, ['spec', 'metrics'], metrics(70))
    const older = sample('autoscaling/v1', 'HorizontalPodAutoscaler', 'web', {
      spec: { maxReplicas: 3, targetCPUUtilizationPercentage: 70 },
    })
    const path = 'spec.metrics[0].resource.target.averageUtilization'
    const byDeployer = sampleEvent('deployer', 'patch', older)
    expect(authorsOf([scaler], [changed], [byDeployer])).toEqual({ [path]: 'deployer' })
    // which of two it was cannot be told
    expect(authorsOf([scaler], [changed], [sampleEvent(agent, 'patch', older), byDeployer])).toEqual({
      [path]: undefined,
    })
  })

  test.each<[string, AuditEvent]>([
    ['a merge patch', sampleEvent(agent, 'patch', web, { sent: { spec: { replicas: 5 } }, hasAnswer: false })],
    [
      'a JSON patch',
      sampleEvent(agent, 'patch', web, { sent: [{ op: 'replace', path: '/spec/replicas' }], hasAnswer: false }),
    ],
    [
      'the scale subresource',
      sampleEvent(agent, 'update', web, { subresource: 'scale', sent: { kind: 'Scale', spec: { replicas: 5 } } }),
    ],
    ['a request whose body is not in the log', sampleEvent(agent, 'patch', web, { hasAnswer: false })],
  ])('by %s', (_, event) => {
    expect(authorsOf([web], [scaled], [event])).toEqual({ 'spec.replicas': agent })
  })

  test.each<[string, AuditEvent]>([
    [
      'a patch of another field',
      sampleEvent('bob', 'patch', web, { sent: { metadata: { labels: {} } }, hasAnswer: false }),
    ],
    ['a refused request', sampleEvent('bob', 'update', scaled, { code: 403 })],
    ['a dry run', sampleEvent('bob', 'update', scaled, { uri: '/x?dryRun=All' })],
    ['a write of status', sampleEvent('bob', 'update', scaled, { subresource: 'status' })],
    [
      'a request about another object',
      sampleEvent('bob', 'update', { ...scaled, metadata: { ...scaled.metadata, name: 'api' } }),
    ],
  ])('not by %s', (_, event) => {
    expect(authorsOf([web], [scaled], [event])).toEqual({ 'spec.replicas': undefined })
  })
})

describe('an object was removed', () => {
  test('by the first who deleted it, not by the kubelet that finished it', () => {
    const events = [sampleEvent(agent, 'delete', pod), sampleEvent('system:node:node-1', 'delete', pod)]
    expect(authorsOf([pod], [], events)).toEqual({ '': agent })
  })

  test('by an eviction', () => {
    const events = [
      sampleEvent(agent, 'create', pod, { subresource: 'eviction' }),
      sampleEvent('system:node:node-1', 'delete', pod),
    ]
    expect(authorsOf([pod], [], events)).toEqual({ '': agent })
  })

  test('by the deletion of a collection, when its selector fits', () => {
    const kubelet = sampleEvent('system:node:node-1', 'delete', pod)
    const all = (selector: string): AuditEvent => ({
      ...sampleEvent(agent, 'deletecollection', pod, {
        name: '',
        uri: `/api/v1/pods?labelSelector=${selector}`,
        hasAnswer: false,
      }),
      stageTimestamp: '2026-01-01T00:00:05Z',
    })
    expect(authorsOf([pod], [], [all('app%3Dweb'), kubelet])).toEqual({ '': agent })
    expect(authorsOf([pod], [], [all('app%3Dapi'), kubelet])).toEqual({ '': 'kubelet' })
  })

  test('not by a deletion before the baseline', () => {
    const event = { ...sampleEvent('bob', 'delete', pod), stageTimestamp: '2025-12-31T00:00:00Z' }
    expect(authorsOf([pod], [], [event])).toEqual({ '': undefined })
  })
})

describe('an object was added', () => {
  test('by a creation with a generated name, known from the answer or from its prefix', () => {
    const user = controllerUser('replicaset-controller')
    expect(authorsOf([], [pod], [sampleEvent(user, 'create', pod, { name: '' })])).toEqual({
      '': 'replicaset-controller',
    })
    const sent = { metadata: { generateName: pod.metadata['generateName'] } }
    const event = sampleEvent(user, 'create', pod, { name: '', sent, hasAnswer: false })
    expect(authorsOf([], [pod], [event])).toEqual({ '': 'replicaset-controller' })
  })

  test('by a server-side apply', () => {
    expect(authorsOf([], [web], [sampleEvent(agent, 'patch', web, { code: 201 })])).toEqual({ '': agent })
  })
})

describe('the agent is recognised', () => {
  const operator = sample('v1', 'ServiceAccount', 'operator')
  const operatorPod = sample('v1', 'Pod', 'operator-0', { spec: { serviceAccountName: 'operator', containers: [] } })
  const user = 'system:serviceaccount:shop:operator'
  const work = sampleEvent(user, 'update', scaled)
  const roleAfter = (...events: AuditEvent[]): string | undefined =>
    authors([web, operator, operatorPod], [scaled, operator, operatorPod], [...events, work])['spec.replicas']?.role

  test('not behind a service account that it did not touch', () => {
    expect(roleAfter()).toBe('service-account')
  })

  test('behind a service account whose token it minted', () => {
    expect(roleAfter(sampleEvent(agent, 'create', operator, { subresource: 'token' }))).toBe('agent')
    expect(roleAfter(sampleEvent(agent, 'create', operator, { subresource: 'token', code: 403 }))).toBe(
      'service-account',
    )
  })

  test('behind the service account of a pod that it entered', () => {
    expect(roleAfter(sampleEvent(agent, 'create', operatorPod, { subresource: 'exec', code: 101 }))).toBe('agent')
  })

  test('behind the service account of a pod that it made', () => {
    const own = sample('v1', 'Pod', 'mine', { spec: { serviceAccountName: 'operator', containers: [{ name: 'c' }] } })
    expect(roleAfter(sampleEvent(agent, 'create', own))).toBe('agent')
  })

  test('behind a service account of which it asked for a token Secret', () => {
    const secret = sample(
      'v1',
      'Secret',
      's',
      { type: 'kubernetes.io/service-account-token' },
      { annotations: { 'kubernetes.io/service-account.name': 'operator' } },
    )
    expect(roleAfter(sampleEvent(agent, 'create', secret, { sent: secret }))).toBe('agent')
  })

  test('behind a controller whose token it minted', () => {
    const account = sample('v1', 'ServiceAccount', 'deployment-controller', {}, { namespace: 'kube-system' })
    const events = [
      sampleEvent(agent, 'create', account, { subresource: 'token' }),
      sampleEvent(controllerUser('deployment-controller'), 'create', {
        ...set,
        metadata: { ...set.metadata, ownerReferences: [ownedBy(web)] },
      }),
    ]
    expect(authors([web], [web, set], events)['']?.role).toBe('agent')
  })
})

test('controllers that share one user are told apart by their user agent', () => {
  const event = {
    ...sampleEvent('system:kube-controller-manager', 'create', set),
    userAgent: 'kube-controller-manager/v1.35.4 (linux/amd64) kubernetes/abc/deployment-controller',
  }
  expect(authorsOf([], [set], [event])).toEqual({ '': 'deployment-controller' })
})

test('a log with other lines and a line cut short is read as far as it goes', () => {
  const event = sampleEvent(agent, 'update', web)
  expect(readAuditLog(`${JSON.stringify(event)}\n\n# x\n${JSON.stringify(event).slice(0, 40)}`)).toEqual([event])
})

function authorsOf(before: KubeObject[], after: KubeObject[], audit: AuditEvent[]): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(authors(before, after, audit)).map(([path, by]) => [path, by?.name]))
}

function authors(before: KubeObject[], after: KubeObject[], audit: AuditEvent[]): Record<string, Author | undefined> {
  const states = { before: indexState(stateOf(before)), after: indexState(stateOf(after)), typeOf: typesOf() }
  const differences = attributeDifferences(diffStates(stateOf(before), stateOf(after)), audit, agent, states)
  return Object.fromEntries(differences.map(({ path, by }) => [path, by]))
}
