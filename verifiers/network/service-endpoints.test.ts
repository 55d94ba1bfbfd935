import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { controller, judge, object, podOf } from '../sample-cluster.ts'
import { serviceEndpoints } from './service-endpoints.ts'

const selector = { matchLabels: { app: 'orders' } }
const deployment = object('deployment', 'orders', { spec: { selector } })
const set = object('replicaset', 'orders-1', {
  spec: { selector },
  metadata: { ownerReferences: [controller(deployment)] },
})
const pods = [podOf(set, 'orders-1-a'), podOf(set, 'orders-1-b')]
const service = (labels: object): KubeObject =>
  object('service', 'orders', { spec: { selector: labels, ports: [{ port: 80 }] } })
const slice = (...names: string[]): KubeObject =>
  object('EndpointSlice', 'orders-x', {
    metadata: { labels: { 'kubernetes.io/service-name': 'orders' } },
    endpoints: names.map((name, i) => ({
      addresses: [`10.0.0.${i}`],
      conditions: { ready: true },
      targetRef: { kind: 'Pod', name },
    })),
  })
const params = { namespace: 'shop', name: 'orders' }
const owned = { ...params, to: 'deployment/orders' }

describe('service-endpoints', () => {
  it('is met by the ready pods of the workload', async () => {
    const all = [deployment, set, ...pods, service({ app: 'orders' }), slice('orders-1-a', 'orders-1-b')]
    expect(await judge(serviceEndpoints, { ...owned, count: 2 }, all)).toMatch(
      /^met service\/orders has 2 ready endpoints, all of/,
    )
    expect(await judge(serviceEndpoints, { ...params, count: 3 }, all)).toMatch(/^not-met .*2 ready endpoints, not 3/)
  })

  it('points the reader at the typo in a selector', async () => {
    const all = [
      deployment,
      set,
      ...pods,
      service({ app: 'order' }),
      object('pod', 'x', { metadata: { labels: { app: 'web' } } }),
    ]
    expect(await judge(serviceEndpoints, params, all)).toBe(
      'not-met service/orders has no endpoints: its selector app=order matches no pod; pods with app=orders exist',
    )
  })

  it('tells what is wrong with the pods that are selected', async () => {
    const sick = podOf(set, 'orders-1-a', { isReady: false })
    expect(await judge(serviceEndpoints, params, [deployment, set, sick, service({ app: 'orders' })])).toMatch(
      /^not-met .*pod\/orders-1-a, which it selects, runs but is not ready/,
    )
    expect(await judge(serviceEndpoints, params, [service({})])).toMatch(/it has no selector$/)
  })

  it('is not met by a pod that only looks like one of the workload', async () => {
    const fake = object('pod', 'helper', { metadata: { labels: { app: 'orders' } } })
    const all = [
      deployment,
      set,
      ...pods,
      fake,
      service({ app: 'orders' }),
      slice('orders-1-a', 'orders-1-b', 'helper'),
    ]
    expect(await judge(serviceEndpoints, owned, all)).toMatch(/^not-met .*leads to pod\/helper, which is none of/)
  })

  it('is not met while it leaves a ready pod out', async () => {
    const all = [deployment, set, ...pods, service({ app: 'orders' }), slice('orders-1-a')]
    expect(await judge(serviceEndpoints, owned, all)).toMatch(/^not-met .*does not lead to pod\/orders-1-b/)
  })
})
