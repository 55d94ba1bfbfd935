import { FileTail } from '../record/file-tail.ts'
import { isEffectiveWrite, readAuditLog, type AuditEvent } from '../state/audit-event.ts'

/**
 * The audit log for a judgement, without what says nothing in it: Events, and each status that the same writer followed up
 * with another before anybody else wrote to the object. They are nearly all of a long log, which is why it is read line by
 * line. Everything of the agent's stays.
 */
export async function readAudit(file: string, agentUser: string): Promise<AuditEvent[]> {
  const events: (AuditEvent | undefined)[] = []
  const lastWrites = new Map<string, { at: number; statusOf: string | undefined }>()
  await using log = new FileTail(file)
  for await (const text of log.readNew()) {
    const [event] = readAuditLog(text)
    if (event === undefined) continue
    const { objectRef: ref = {}, user } = event
    const isForeign = user.username !== agentUser
    if (isForeign && ref.resource === 'events') continue
    if (isEffectiveWrite(event)) {
      const object = `${ref.apiGroup ?? ''}/${ref.resource ?? ''}/${ref.namespace ?? ''}/${ref.name ?? ''}`
      const statusOf = isForeign && ref.subresource === 'status' ? user.username : undefined
      const last = lastWrites.get(object)
      if (last !== undefined && statusOf !== undefined && last.statusOf === statusOf) events[last.at] = undefined
      lastWrites.set(object, { at: events.length, statusOf })
    }
    events.push(event)
  }
  return events.filter((event) => event !== undefined)
}
