import { describe, expect, it } from 'vitest'
import { judge, object } from '../sample-cluster.ts'
import { quotaFits } from './quota-fits.ts'

const quota = object('resourcequota', 'compute', {
  spec: { hard: { pods: '4', 'requests.cpu': '1' } },
  status: { used: { pods: '3', 'requests.cpu': '900m' } },
})

describe('quota-fits', () => {
  const rows: [string, object, RegExp][] = [
    ['is met while it is kept', {}, /^met/],
    ['counts in quantities', { room: { 'requests.cpu': '100m' } }, /^met/],
    ['wants room', { room: { 'requests.cpu': '200m' } }, /^not-met .*no room for requests\.cpu 200m: 900m of 1 used/],
    ['wants its limits, however they are written', { hard: { 'requests.cpu': '1000m' } }, /^met/],
    ['sees limits that were raised', { hard: { pods: 3 } }, /^not-met .*limits pods to 4, not to 3/],
  ]
  it.each(rows)('%s', async (_, params, expected) => {
    expect(await judge(quotaFits, { namespace: 'shop', name: 'compute', ...params }, [quota])).toMatch(expected)
  })

  it('sees what is used beyond the limit, and what is not counted yet', async () => {
    const over = { ...quota, status: { used: { pods: '5', 'requests.cpu': '0' } } }
    expect(await judge(quotaFits, { namespace: 'shop', name: 'compute' }, [over])).toMatch(
      /^not-met .*exceeded: pods 5 of 4/,
    )
    const fresh = { ...quota, status: {} }
    expect(await judge(quotaFits, { namespace: 'shop', name: 'compute' }, [fresh])).toMatch(
      /^not-met .*does not count pods yet/,
    )
  })
})
