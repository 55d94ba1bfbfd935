import { z } from 'zod'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { fieldOf, textAt } from '../../harness/state/json.ts'
import { namespaceParam } from '../params.ts'
import { defineVerifier, met, notMet, type Verifier } from '../verifier.ts'

/** Nothing of a kind happens any more. */
export const eventsAbsent: Verifier = defineVerifier({
  name: 'events-absent',
  summary: 'No event of a kind was seen in a namespace since the agent ended.',
  params: z.strictObject({
    namespace: namespaceParam,
    type: z.enum(['Warning', 'Normal']).default('Warning').meta({ description: 'The type of the events.' }),
    reason: z.string().optional().meta({ description: 'Their reason: BackOff, FailedScheduling, Unhealthy.' }),
    about: z.string().optional().meta({ description: 'The object they are about, or how its name begins: pod/web-.' }),
    holds: z.string().optional().meta({ description: 'What their message holds.' }),
  }),
  example: 'events-absent: { namespace: shop, reason: FailedScheduling, about: pod/checkout- }',
  details:
    'Before an agent has ended, the last 30 seconds count. Events repeat at growing intervals, some only every five minutes, ' +
    'and are deleted after an hour: give the contract a `stable-for`, and prefer a check of what should happen instead.',
  async verify({ namespace, type, reason, about, holds }, context) {
    const since = (context.agentEndedAt ?? new Date(Date.now() - 30_000)).getTime()
    const events = await context.client.list(`/api/v1/namespaces/${namespace}/events`, { signal: context.signal })
    const seen = events.filter(
      (event) =>
        lastSeen(event) >= since &&
        textAt(event, 'type') === type &&
        (reason === undefined || textAt(event, 'reason') === reason) &&
        (about === undefined || subjectOf(event).startsWith(about.toLowerCase())) &&
        (holds === undefined || (textAt(event, 'message') ?? '').includes(holds)),
    )
    const [first] = seen
    if (!first) return met(`no such event in namespace ${namespace} since the agent ended`, { events: events.length })
    const evidence = seen.slice(0, 10).map((event) => ({ about: subjectOf(event), message: textAt(event, 'message') }))
    return notMet(`${subjectOf(first)}: ${textAt(first, 'reason')}: ${textAt(first, 'message')}`, evidence)
  },
})

/** The newest of an event's several times. */
function lastSeen(event: KubeObject): number {
  const times = [
    textAt(event, 'lastTimestamp'),
    textAt(event, 'series', 'lastObservedTime'),
    textAt(event, 'eventTime'),
    event.metadata.creationTimestamp,
  ]
  return Math.max(...times.map((time) => Date.parse(time ?? '') || 0))
}

function subjectOf(event: KubeObject): string {
  const subject = fieldOf(event, 'involvedObject')
  return `${textAt(subject, 'kind')?.toLowerCase()}/${textAt(subject, 'name')}`
}
