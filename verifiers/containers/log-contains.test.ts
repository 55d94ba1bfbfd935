import { describe, expect, it } from 'vitest'
import { judge, object, podOf } from '../sample-cluster.ts'
import { logContains } from './log-contains.ts'

const owner = object('statefulset', 'web', { spec: { selector: { matchLabels: { app: 'web' } } } })
const pods = [podOf(owner, 'web-0'), podOf(owner, 'web-1')]
const logs = { 'web-0': 'started\n', 'web-1': 'started\norder 7 accepted\n' }
const params = { workload: 'statefulset/web', namespace: 'shop' }

describe('log-contains', () => {
  const rows: [string, object, RegExp][] = [
    ['looks at every pod', { text: 'accepted' }, /^met pod\/web-1 logged "accepted" since the agent ended/],
    [
      'wants text and pattern in one line',
      { text: 'order', matches: '^started$' },
      /^not-met no pod of statefulset\/web logged/,
    ],
    ['matches line by line', { matches: '^order \\d+ accepted$', since: 'ever' }, /^met/],
    ['may want that there is none', { text: 'panic', absent: true }, /^met/],
    ['is not met by a line that should not be', { text: 'started', absent: true }, /^not-met/],
    ['is unknown without anything to look for', {}, /^unknown/],
  ]
  it.each(rows)('%s', async (_, more, expected) => {
    expect(await judge(logContains, { ...params, ...more }, [owner, ...pods], { logs })).toMatch(expected)
  })

  it('is not met by a workload without pods', async () => {
    expect(await judge(logContains, { ...params, text: 'x' }, [owner])).toBe('not-met statefulset/web has no pods')
  })
})
