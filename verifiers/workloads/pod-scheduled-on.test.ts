import { describe, expect, it } from 'vitest'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { judge, object, podOf } from '../sample-cluster.ts'
import { podScheduledOn } from './pod-scheduled-on.ts'

const selector = { matchLabels: { app: 'web' } }

describe('pod-scheduled-on', () => {
  const owner = object('statefulset', 'db', { spec: { selector } })
  const nodes = [
    object('node', 'node-1', { metadata: { labels: { disk: 'ssd', zone: 'a' } } }),
    object('node', 'node-2', { metadata: { labels: { disk: 'hdd', zone: 'a' } } }),
  ]
  const on = (name: string, nodeName: string): KubeObject => podOf(owner, name, { spec: { nodeName } })
  const objects = [owner, ...nodes, on('db-0', 'node-1'), on('db-1', 'node-2')]
  const params = { workload: 'statefulset/db', namespace: 'shop' }
  const rows: [string, object, RegExp][] = [
    ['any node will do unless told', {}, /^met all 2 pods/],
    ['names of nodes', { nodes: ['node-1'] }, /^not-met pod\/db-1 is on node-2, not on node-1/],
    ['labels of nodes', { labels: { disk: 'ssd' } }, /^not-met pod\/db-1 is on node-2, which is not labelled disk=ssd/],
    ['nodes that will not do', { 'not-on': ['node-2'] }, /^not-met .*must not be/],
    ['a spread over names', { spread: { by: 'disk', over: 2 } }, /^met/],
    ['a spread over zones', { spread: { by: 'zone', over: 2 } }, /^not-met .*1 of 2 different zone \(a\)/],
  ]
  it.each(rows)('judges %s', async (_, more, expected) => {
    expect(await judge(podScheduledOn, { ...params, ...more }, objects)).toMatch(expected)
  })

  it('does not count a stray pod with the same labels', async () => {
    const stray = object('pod', 'stray', { metadata: { labels: { app: 'web' } }, spec: {} })
    expect(await judge(podScheduledOn, params, [...objects, stray])).toMatch(/^met all 2 pods/)
  })
})
