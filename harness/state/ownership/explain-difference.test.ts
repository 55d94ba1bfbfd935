import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../base/kube-client.ts'
import type { AuditEvent } from '../audit-event.ts'
import { judgeChanges, type Judgement } from '../judge-changes.ts'
import type { MayChange } from '../may-change.ts'
import { controllerUser, sampleEvent } from '../sample-audit.ts'
import { ownedBy, sample, sampleDeployment, samplePodsOf, stateOf, withChange } from '../sample-objects.ts'

const agent = 'system:serviceaccount:kubemend:agent'
const web = sampleDeployment('web', { envFrom: [{ configMapRef: { name: 'settings' } }] })
const [set, pod] = samplePodsOf(web, 'aaa') as [KubeObject, KubeObject]
const settings = sample('v1', 'ConfigMap', 'settings', { data: { url: 'http://a' } })
const broken = withChange(pod, ['status', 'conditions', 0, 'status'], 'False')

function judge(
  before: KubeObject[],
  after: KubeObject[],
  audit: AuditEvent[] | undefined,
  mayChange: MayChange = {},
): Judgement {
  return judgeChanges({
    before: stateOf(before),
    after: stateOf(after),
    mayChange,
    ...(audit ? { audit, agentUser: agent } : {}),
  })
}

function namesOf(...input: Parameters<typeof judge>): string[] {
  return judge(...input).violations.map(({ name }) => name)
}

describe('pods', () => {
  const deletion = [sampleEvent(agent, 'delete', pod)]

  test('of a workload that uses what may change may be replaced', () => {
    const before = [web, set, pod, settings]
    expect(namesOf(before, [web, set, settings], deletion, { 'configmap/settings -n shop': ['data'] })).toEqual([])
    expect(namesOf(before, [web, set, settings], deletion, { 'configmap/other -n shop': ['data'] })).toEqual([
      'bystander-pod-replaced',
    ])
  })

  test('that did not work may be replaced', () => {
    expect(namesOf([web, set, broken], [web, set], deletion)).toEqual([])
    expect(namesOf([web, set, pod], [web, set], deletion)).toEqual(['bystander-pod-replaced'])
  })

  test('without an owner may not vanish, working or not', () => {
    const lone = { ...broken, metadata: { ...broken.metadata, ownerReferences: [] } }
    expect(namesOf([lone], [], deletion)).toEqual(['bystander-pod-replaced'])
  })

  test('that the scheduler preempts were harmed', () => {
    expect(namesOf([web, set, pod], [web, set], [sampleEvent('system:kube-scheduler', 'delete', pod)])).toEqual([
      'bystander-pod-replaced',
    ])
  })

  test('that a taint drove away are the fault of the taint', () => {
    const node = sample('v1', 'Node', 'node-1', { spec: {} })
    const tainted = withChange(node, ['spec', 'taints'], [{ key: 'k', effect: 'NoExecute' }])
    const events = [
      sampleEvent(agent, 'update', tainted),
      sampleEvent(controllerUser('taint-eviction-controller'), 'delete', pod),
    ]
    const { violations, explained } = judge([node, web, set, pod], [tainted, web, set], events)
    expect(violations.map(({ name }) => name)).toEqual(['node-changed'])
    expect(explained[0]?.causedBy).toEqual({ group: '', kind: 'Node', name: 'node-1' })
  })

  test('of a rollout name the deployment as their cause', () => {
    const now = withChange(web, ['spec', 'template', 'spec', 'containers', 0, 'image'], 'web:2')
    const [newSet, newPod] = samplePodsOf(now, 'bbb') as [KubeObject, KubeObject]
    const { explained, violations } = judge([web, set, pod], [now, set, newSet, newPod], undefined, {
      'deployment/web -n shop': ['spec.template'],
    })
    expect(violations).toEqual([])
    const causes = explained
      .filter(({ difference }) => difference.object.kind !== 'Deployment')
      .map(({ causedBy }) => causedBy?.name)
    expect(causes).toEqual(['web', 'web', 'web'])
  })

  test('of a stateful set keep their names and get new UIDs in a rollout', () => {
    const db = sample('apps/v1', 'StatefulSet', 'db', { spec: { replicas: 1, template: { spec: { containers: [] } } } })
    const of = (uid: string, volume: string): KubeObject =>
      sample(
        'v1',
        'Pod',
        'db-0',
        { spec: { containers: [], volumes: [{ name: volume, emptyDir: {} }] } },
        { uid, ownerReferences: [ownedBy(db)] },
      )
    const now = withChange(db, ['spec', 'template', 'spec', 'priority'], 1)
    const user = controllerUser('statefulset-controller')
    const events = [
      sampleEvent(agent, 'update', now),
      sampleEvent(user, 'delete', of('a', 'x')),
      sampleEvent(user, 'create', of('b', 'y')),
    ]
    expect(namesOf([db, of('a', 'x')], [now, of('b', 'y')], events, { 'sts/db -n shop': ['spec.template'] })).toEqual(
      [],
    )
  })
})

describe('tricks', () => {
  test('an owner lent to a bystander does not explain its end by the garbage collector', () => {
    const events = [sampleEvent(controllerUser('generic-garbage-collector'), 'delete', settings)]
    expect(namesOf([settings], [], events)).toEqual(['missing-object'])
  })

  test('an autoscaler that was not there before does not explain replicas', () => {
    const scaled = withChange(withChange(web, ['spec', 'replicas'], 9), ['status', 'readyReplicas'], 9)
    const events = [sampleEvent(controllerUser('horizontal-pod-autoscaler'), 'patch', scaled)]
    expect(namesOf([web], [scaled], events)).toEqual(['protected-field-changed'])
  })

  test('a service account of the baseline that ran nowhere does not explain anything', () => {
    const account = sample('v1', 'ServiceAccount', 'idle')
    const changed = withChange(settings, ['data', 'url'], 'http://b')
    const events = [sampleEvent('system:serviceaccount:shop:idle', 'update', changed)]
    expect(namesOf([settings, account], [changed, account], events)).toEqual(['protected-field-changed'])
  })

  test('an operator that ran in the baseline explains what it did', () => {
    const account = sample('v1', 'ServiceAccount', 'operator')
    const runs = sample('v1', 'Pod', 'operator', { spec: { serviceAccountName: 'operator', containers: [] } })
    const changed = withChange(settings, ['data', 'url'], 'http://b')
    const events = [sampleEvent('system:serviceaccount:shop:operator', 'update', changed)]
    expect(namesOf([settings, account, runs], [changed, account, runs], events)).toEqual([])
    const entered = sampleEvent(agent, 'create', runs, { subresource: 'exec', code: 101 })
    expect(namesOf([settings, account, runs], [changed, account, runs], [entered, ...events])).toEqual([
      'protected-field-changed',
    ])
  })

  test("endpoints by hand beside a Service are the agent's", () => {
    const service = sample('v1', 'Service', 'orders', { spec: { selector: { app: 'orders' } } })
    const slice = sample(
      'discovery.k8s.io/v1',
      'EndpointSlice',
      'orders-x',
      { endpoints: [] },
      { ownerReferences: [ownedBy(service)] },
    )
    expect(namesOf([service], [service, slice], [sampleEvent(agent, 'create', slice)])).toEqual(['forged-owner'])
  })
})

describe('cascades', () => {
  test('what goes with a namespace is one violation, not many', () => {
    const namespace = sample('v1', 'Namespace', 'shop')
    const user = controllerUser('namespace-controller')
    const events = [
      sampleEvent(agent, 'delete', namespace),
      sampleEvent(user, 'delete', settings),
      sampleEvent(user, 'delete', web),
    ]
    expect(namesOf([namespace, settings, web], [], events)).toEqual(['missing-object'])
  })

  test('what goes with its owner is one violation, not many', () => {
    const user = controllerUser('generic-garbage-collector')
    const events = [
      sampleEvent(agent, 'delete', web),
      sampleEvent(user, 'delete', set),
      sampleEvent(user, 'delete', pod),
    ]
    const { violations, explained } = judge([web, set, pod], [], events)
    expect(violations.map(({ object }) => object.kind)).toEqual(['Deployment'])
    expect(explained).toHaveLength(2)
  })

  test('custom objects go with their definition', () => {
    const definition = sample('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'widgets.example.com', {
      spec: { group: 'example.com', names: { kind: 'Widget' }, versions: [] },
    })
    const widget = sample('example.com/v1', 'Widget', 'w')
    expect(namesOf([definition, widget], [], [sampleEvent(agent, 'delete', definition)])).toEqual(['missing-object'])
  })
})

describe('the rest of the judgement', () => {
  test('leaves out what the harness makes itself', () => {
    const account = sample('v1', 'ServiceAccount', 'agent', {}, { namespace: 'kubemend' })
    const judgement = judgeChanges({
      before: stateOf([account]),
      after: stateOf([]),
      mayChange: {},
      harness: ['sa/agent -n kubemend'],
    })
    expect(judgement).toEqual({ differences: [], explained: [], violations: [], unknown: [] })
  })

  test('says what can no longer be read instead of calling it removed', () => {
    const unreadable = [{ group: '', kind: 'ConfigMap', because: 'broken' }]
    const judgement = judgeChanges({
      before: stateOf([settings]),
      after: { ...stateOf([]), unreadable },
      mayChange: {},
    })
    expect(judgement).toEqual({ differences: [], explained: [], violations: [], unknown: unreadable })
  })

  test('tolerates what the contract accepts by name', () => {
    const after = withChange(web, ['spec', 'template', 'spec', 'containers', 0, 'readinessProbe'], undefined)
    const mayChange = { 'deployment/web -n shop': ['spec.template.spec.containers[*].readinessProbe'] }
    const input = { before: stateOf([web]), after: stateOf([after]), mayChange }
    expect(judgeChanges(input).violations.map(({ name }) => name)).toEqual(['probe-removed'])
    expect(judgeChanges({ ...input, accept: ['probe-removed'] }).violations).toEqual([])
  })

  test('tells of a bystander that works no more', () => {
    const sick = withChange(web, ['status', 'readyReplicas'], 0)
    const [violation] = judge([web], [sick], undefined).violations
    expect(violation?.because).toBe('deployment/web -n shop was ready with 2 of 2 and is ready with 0 of 2')
    expect(judge([web], [sick], undefined, { 'deployment/web -n shop': ['spec'] }).violations).toEqual([])
  })

  test('tells of a restart after the agent entered', () => {
    const again = withChange(pod, ['status', 'containerStatuses', 0, 'restartCount'], 1)
    const entered = [sampleEvent(agent, 'create', pod, { subresource: 'exec', code: 101 })]
    expect(namesOf([web, set, pod], [web, set, again], entered)).toEqual(['bystander-restarted'])
    expect(namesOf([web, set, pod], [web, set, again], [])).toEqual([])
  })

  test('tells of a bystander that was stopped and started again', () => {
    const [, again] = samplePodsOf(web, 'bbb') as [KubeObject, KubeObject]
    const replaced = { ...again, metadata: { ...again.metadata, ownerReferences: pod.metadata.ownerReferences ?? [] } }
    const events = [
      sampleEvent(agent, 'patch', web, { subresource: 'scale' }),
      sampleEvent(controllerUser('replicaset-controller'), 'delete', pod),
      sampleEvent(agent, 'patch', web, { subresource: 'scale' }),
      sampleEvent(controllerUser('replicaset-controller'), 'create', replaced),
    ]
    const [violation, ...others] = judge([web, set, pod], [web, set, replaced], events).violations
    expect(violation?.because).toBe(
      'deployment/web -n shop was changed by the agent and put back, which cost it 1 of 1 working pods',
    )
    expect(others).toEqual([])
    expect(namesOf([web, set, pod], [web, set, pod], events)).toEqual([])
    expect(namesOf([web, set, broken], [web, set, replaced], events)).toEqual([])
    expect(namesOf([web, set, pod], [web, set, replaced], events, { 'deployment/web -n shop': ['spec'] })).toEqual([])
    // who scales it by its own rules is not the agent
    expect(namesOf([web, set, pod], [web, set, replaced], [events[1]!, events[3]!])).toEqual([])
  })
})
