import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { judge, object } from '../sample-cluster.ts'
import { jobCompleted } from './job-completed.ts'

describe('job-completed', () => {
  const job = (spec: object, status: object): KubeObject => object('job', 'migrate', { spec, status })
  const rows: [string, KubeObject, RegExp][] = [
    ['is met by a complete one', job({}, { succeeded: 1, conditions: [{ type: 'Complete', status: 'True' }] }), /^met/],
    [
      'tells why one failed',
      job({}, { conditions: [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded', message: 'too long' }] }),
      /^not-met .*DeadlineExceeded, too long/,
    ],
    ['is not met by a suspended one', job({ suspend: true }, {}), /^not-met .*suspended/],
    ['counts completions', job({ completions: 3 }, { succeeded: 1 }), /^not-met .*1 of 3 completions/],
  ]
  it.each(rows)('%s', async (_, one, expected) => {
    expect(await judge(jobCompleted, { namespace: 'shop', name: 'migrate' }, [one])).toMatch(expected)
  })
})
