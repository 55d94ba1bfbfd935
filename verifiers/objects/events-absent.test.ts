import { describe, expect, it } from 'vitest'
import { judge, object } from '../sample-cluster.ts'
import { eventsAbsent } from './events-absent.ts'

const agentEndedAt = new Date('2026-11-20T12:00:00Z')
const event = object('event', 'web.1', {
  type: 'Warning',
  reason: 'BackOff',
  message: 'Back-off restarting failed container',
  lastTimestamp: '2026-11-20T12:00:05Z',
  involvedObject: { kind: 'Pod', name: 'web-1-a' },
})
const old = { ...event, lastTimestamp: '2026-11-20T11:59:00Z' }

describe('events-absent', () => {
  it('is met when nothing of the kind was seen since the agent ended', async () => {
    const options = { context: { agentEndedAt } }
    expect(await judge(eventsAbsent, { namespace: 'shop' }, [old], options)).toMatch(/^met/)
    expect(await judge(eventsAbsent, { namespace: 'shop' }, [event], options)).toBe(
      'not-met pod/web-1-a: BackOff: Back-off restarting failed container',
    )
    for (const other of [{ reason: 'Unhealthy' }, { about: 'pod/db-' }, { holds: 'image' }, { type: 'Normal' }]) {
      expect(await judge(eventsAbsent, { namespace: 'shop', ...other }, [event], options)).toMatch(/^met/)
    }
  })

  it('sees the newest time of an event that repeats', async () => {
    const series = { ...old, series: { lastObservedTime: '2026-11-20T12:01:00Z' } }
    expect(await judge(eventsAbsent, { namespace: 'shop' }, [series], { context: { agentEndedAt } })).toMatch(
      /^not-met/,
    )
  })
})
