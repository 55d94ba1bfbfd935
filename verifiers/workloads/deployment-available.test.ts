import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { controller, judge, object, podOf } from '../sample-cluster.ts'
import { deploymentAvailable } from './deployment-available.ts'

const selector = { matchLabels: { app: 'web' } }

describe('deployment-available', () => {
  const counts = { observedGeneration: 1, replicas: 2, updatedReplicas: 2, readyReplicas: 2, availableReplicas: 2 }
  const deployment = (spec: object, status: object = {}): KubeObject =>
    object('deployment', 'web', { spec: { replicas: 2, selector, ...spec }, status: { ...counts, ...status } })
  const set = object('replicaset', 'web-1', { metadata: { ownerReferences: [controller(deployment({}))] } })
  const rows: [string, KubeObject, object, RegExp][] = [
    ['is met when all is as it should be', deployment({}), {}, /^met deployment\/web has 2 of 2 available/],
    [
      'wants the number of replicas it is told',
      deployment({}),
      { replicas: 3 },
      /^not-met .*asks for 2 replicas, not 3/,
    ],
    [
      'is not met by one that is scaled to zero',
      deployment({ replicas: 0 }, { replicas: 0, updatedReplicas: 0, availableReplicas: 0 }),
      {},
      /^not-met .*scaled to zero/,
    ],
    [
      'is met by zero replicas where zero are wanted',
      deployment({ replicas: 0 }, { replicas: 0, updatedReplicas: 0, availableReplicas: 0 }),
      { replicas: 0 },
      /^met/,
    ],
    ['is not met by a paused one', deployment({ paused: true }), {}, /^not-met .*is paused/],
    [
      'does not believe a status of an older generation',
      deployment({}, { observedGeneration: 0 }),
      {},
      /^not-met .*has not seen the newest spec/,
    ],
    [
      'is not met while old pods serve',
      deployment({}, { updatedReplicas: 1 }),
      {},
      /^not-met .*1 of 2 pods of its newest template/,
    ],
    [
      'is not met while old pods are left',
      deployment({}, { replicas: 3 }),
      {},
      /^not-met .*still has 1 pods of an older template/,
    ],
    [
      'tells why a pod is not available',
      deployment({}, { availableReplicas: 1 }),
      {},
      /^not-met .*1 of 2 available: pod\/web-1-a keeps crashing: main ended with 137 \(OOMKilled\)/,
    ],
    [
      'tells why pods cannot be made',
      deployment(
        {},
        {
          updatedReplicas: 0,
          conditions: [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: tight' }],
        },
      ),
      {},
      /exceeded quota: tight/,
    ],
  ]
  it.each(rows)('%s', async (_, it_, params, expected) => {
    const crashing = podOf(set, 'web-1-a', {
      isReady: false,
      status: {
        phase: 'Running',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          {
            name: 'main',
            ready: false,
            state: { waiting: { reason: 'CrashLoopBackOff' } },
            lastState: { terminated: { exitCode: 137, reason: 'OOMKilled' } },
          },
        ],
      },
    })
    crashing.metadata.labels = { app: 'web' }
    expect(
      await judge(deploymentAvailable, { namespace: 'shop', name: 'web', ...params }, [it_, set, crashing]),
    ).toMatch(expected)
  })

  it('is not met by one that is not there', async () => {
    expect(await judge(deploymentAvailable, { namespace: 'shop', name: 'web' }, [])).toBe(
      'not-met there is no deployment/web in namespace shop',
    )
  })
})
