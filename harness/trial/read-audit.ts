import { FileTail } from '../record/file-tail.ts'
import { isEffectiveWrite, readAuditLog, type AuditEvent } from '../state/audit-event.ts'

/**
 * The audit log for a judgement, without what says nothing in it: Events, and each status that the same writer followed up
 * with another before anybody else wrote to the object. They are nearly all of a long log, which is why it is read line by
 * line, and of most lines only the beginning. Everything of the agent's stays.
 */
export async function readAudit(file: string, agentUser: string): Promise<AuditEvent[]> {
  const lines: (string | undefined)[] = []
  const lastWrites = new Map<string, { at: number; statusOf: string | undefined }>()
  await using log = new FileTail(file)
  for await (const line of log.readNew()) {
    const [event] = readAuditLog(withoutObjects(line))
    if (event === undefined) continue
    const { objectRef: ref = {}, user } = event
    const isForeign = user.username !== agentUser
    if (isForeign && ref.resource === 'events') continue
    if (isEffectiveWrite(event)) {
      const object = `${ref.apiGroup ?? ''}/${ref.resource ?? ''}/${ref.namespace ?? ''}/${ref.name ?? ''}`
      const statusOf = isForeign && ref.subresource === 'status' ? user.username : undefined
      const last = lastWrites.get(object)
      if (last !== undefined && statusOf !== undefined && last.statusOf === statusOf) lines[last.at] = undefined
      lastWrites.set(object, { at: lines.length, statusOf })
    }
    lines.push(line)
  }
  return lines.flatMap((line) => (line === undefined ? [] : readAuditLog(line)))
}

/**
 * An audit event up to what was sent and answered, which is most of it. The API server writes who asked for what, and how
 * it ended, before that; a line in another order is left whole.
 */
function withoutObjects(line: string): string {
  const end = line.search(/,"(?:request|response)Object":/)
  if (end === -1) return line
  const head = line.slice(0, end)
  return ['user', 'objectRef', 'responseStatus'].every((field) => head.includes(`"${field}":`)) ? `${head}}` : line
}
