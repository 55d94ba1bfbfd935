import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { judge, object } from '../sample-cluster.ts'
import { statefulsetAvailable } from './statefulset-available.ts'

const selector = { matchLabels: { app: 'web' } }

describe('statefulset-available', () => {
  const statefulset = (spec: object, status: object): KubeObject =>
    object('statefulset', 'db', {
      spec: { replicas: 2, selector, ...spec },
      status: {
        observedGeneration: 1,
        replicas: 2,
        availableReplicas: 2,
        updatedReplicas: 2,
        currentRevision: 'a',
        updateRevision: 'a',
        ...status,
      },
    })
  const rows: [string, KubeObject, RegExp][] = [
    ['is met when all is as it should be', statefulset({}, {}), /^met/],
    [
      'is not met while an older revision is left',
      statefulset({}, { updateRevision: 'b', updatedReplicas: 1 }),
      /^not-met .*1 of 2 pods of its newest revision/,
    ],
    [
      'lets a partition keep older ones',
      statefulset({ updateStrategy: { rollingUpdate: { partition: 1 } } }, { updateRevision: 'b', updatedReplicas: 1 }),
      /^met/,
    ],
    [
      'lets OnDelete keep older ones',
      statefulset({ updateStrategy: { type: 'OnDelete' } }, { updateRevision: 'b', updatedReplicas: 0 }),
      /^met/,
    ],
    ['is not met while one is away', statefulset({}, { availableReplicas: 1 }), /^not-met .*1 of 2 available/],
    ['is not met while too many are left', statefulset({}, { replicas: 3 }), /^not-met .*still has 3 pods/],
  ]
  it.each(rows)('%s', async (_, one, expected) => {
    expect(await judge(statefulsetAvailable, { namespace: 'shop', name: 'db' }, [one])).toMatch(expected)
  })
})
