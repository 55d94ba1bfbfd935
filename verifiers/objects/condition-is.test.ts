import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { judge, object } from '../sample-cluster.ts'
import { conditionIs } from './condition-is.ts'

const widget = (condition: object, more: object = {}): KubeObject =>
  object('Widget', 'w', {
    metadata: { generation: 2 },
    status: { conditions: [{ type: 'Ready', ...condition }], ...more },
  })

describe('condition-is', () => {
  const rows: [string, KubeObject, object, RegExp][] = [
    ['is met by the status', widget({ status: 'True' }), {}, /^met widget\/w: Ready is True/],
    [
      'tells the message of another',
      widget({ status: 'False', message: 'no parts' }),
      {},
      /^not-met .*False, not True: no parts/,
    ],
    ['may want False', widget({ status: 'False' }), { status: 'False' }, /^met/],
    ['wants a reason', widget({ status: 'True', reason: 'Old' }), { reason: 'New' }, /^not-met .*reason Old, not New/],
    [
      'does not believe an older generation',
      widget({ status: 'True', observedGeneration: 1 }),
      {},
      /^not-met .*older generation \(1 of 2\)/,
    ],
    [
      'nor one that the status tells',
      widget({ status: 'True' }, { observedGeneration: 1 }),
      {},
      /^not-met .*older generation/,
    ],
    [
      'names the conditions that there are',
      widget({ status: 'True' }),
      { condition: 'Done' },
      /^not-met .*no condition Done; it has Ready/,
    ],
  ]
  it.each(rows)('%s', async (_, one, params, expected) => {
    const wanted = { object: 'widget.example.com/w', namespace: 'shop', condition: 'Ready', ...params }
    expect(await judge(conditionIs, wanted, [one])).toMatch(expected)
  })
})
