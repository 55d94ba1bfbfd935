import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { judge, object } from '../sample-cluster.ts'
import { hpaScaling } from './hpa-scaling.ts'

describe('hpa-scaling', () => {
  const hpa = (status: object): KubeObject =>
    object('hpa', 'web', {
      spec: { minReplicas: 2, maxReplicas: 5, metrics: [{}] },
      status: {
        currentReplicas: 2,
        currentMetrics: [{}],
        conditions: [
          { type: 'AbleToScale', status: 'True' },
          { type: 'ScalingActive', status: 'True' },
        ],
        ...status,
      },
    })
  const rows: [string, object, object, RegExp][] = [
    ['is met when it reads its metrics', {}, {}, /^met/],
    ['wants its bounds', {}, { max: 10 }, /^not-met .*upper bound 5, not 10/],
    [
      'tells what it cannot read',
      {
        conditions: [
          { type: 'AbleToScale', status: 'True' },
          { type: 'ScalingActive', status: 'False', message: 'no metrics' },
        ],
      },
      {},
      /^not-met .*ScalingActive is False: no metrics/,
    ],
    ['is not met outside of its bounds', { currentReplicas: 1 }, {}, /^not-met .*outside of 2 to 5/],
    ['waits for as many as wanted', {}, { 'at-least': 3 }, /^not-met .*2 replicas, not 3 yet/],
    ['is not met before it is looked at', { conditions: [] }, {}, /^not-met .*not been looked at/],
  ]
  it.each(rows)('%s', async (_, status, params, expected) => {
    expect(await judge(hpaScaling, { namespace: 'shop', name: 'web', ...params }, [hpa(status)])).toMatch(expected)
  })
})
