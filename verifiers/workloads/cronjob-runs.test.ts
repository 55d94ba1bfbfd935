import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { controller, judge, object, SampleCluster } from '../sample-cluster.ts'
import { cronjobRuns } from './cronjob-runs.ts'

describe('cronjob-runs', () => {
  const cronjob = object('cronjob', 'tick', { spec: { schedule: '* * * * *' } })
  const job = (name: string, creationTimestamp: string, type: string, annotations = {}): KubeObject =>
    object('job', name, {
      metadata: { creationTimestamp, annotations, ownerReferences: [controller(cronjob)] },
      status: { conditions: [{ type, status: 'True' }] },
    })
  const baseline = { takenAt: '2026-11-20T12:00:00Z', objects: [], unreadable: [] }
  const params = { namespace: 'shop', name: 'tick' }

  it('counts complete Jobs since the agent began, and no others', async () => {
    const old = job('tick-1', '2026-11-20T11:00:00Z', 'Complete')
    const byHand = job('tick-2', '2026-11-20T12:01:00Z', 'Complete', { 'cronjob.kubernetes.io/instantiate': 'manual' })
    await using cluster = await SampleCluster.open({ objects: [cronjob, old, byHand], context: { baseline } })
    expect(await cluster.ask(cronjobRuns, params)).toMatchObject({
      status: 'not-met',
      because: 'cronjob/tick has started no Job since the agent began',
    })
    expect(await cluster.ask(cronjobRuns, { ...params, ever: true })).toMatchObject({ status: 'met' })
    cluster.objects.push(job('tick-3', '2026-11-20T12:02:00Z', 'Failed'))
    expect(await cluster.ask(cronjobRuns, params)).toMatchObject({
      because: 'job/tick-3 of cronjob/tick is not complete: it failed',
    })
    cluster.objects.push(job('tick-4', '2026-11-20T12:03:00Z', 'Complete'))
    expect(await cluster.ask(cronjobRuns, params)).toMatchObject({ status: 'met' })
  })

  it('is not met by a suspended one', async () => {
    const off = { ...cronjob, spec: { suspend: true } }
    expect(await judge(cronjobRuns, params, [off])).toBe('not-met cronjob/tick is suspended')
  })
})
