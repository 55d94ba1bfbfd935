import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { judge, object } from '../sample-cluster.ts'
import { daemonsetAvailable } from './daemonset-available.ts'

const selector = { matchLabels: { app: 'web' } }

describe('daemonset-available', () => {
  const daemonset = (status: object): KubeObject =>
    object('daemonset', 'agent', {
      spec: { selector },
      status: {
        observedGeneration: 1,
        desiredNumberScheduled: 3,
        updatedNumberScheduled: 3,
        numberAvailable: 3,
        ...status,
      },
    })
  const rows: [string, object, object, RegExp][] = [
    ['is met on all its nodes', {}, {}, /^met/],
    ['wants the number of nodes it is told', {}, { nodes: 4 }, /^not-met .*belongs on 3 nodes, not on 4/],
    ['is not met when it belongs nowhere', { desiredNumberScheduled: 0 }, {}, /^not-met .*belongs on no node/],
    [
      'is not met while a node has the older template',
      { updatedNumberScheduled: 2 },
      {},
      /^not-met .*newest template on 2 of 3/,
    ],
    ['is not met while one is away', { numberAvailable: 2 }, {}, /^not-met .*available on 2 of 3/],
    ['is not met where it does not belong', { numberMisscheduled: 1 }, {}, /^not-met .*does not belong/],
  ]
  it.each(rows)('%s', async (_, status, params, expected) => {
    expect(
      await judge(daemonsetAvailable, { namespace: 'shop', name: 'agent', ...params }, [daemonset(status)]),
    ).toMatch(expected)
  })
})
