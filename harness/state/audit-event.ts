import { isObject } from './json.ts'

/** The parts of an audit.k8s.io/v1 event that say who did what to which object. */
export interface AuditEvent {
  auditID: string
  stage: string
  verb: string
  requestURI?: string
  user: { username: string; groups?: string[]; extra?: Record<string, string[]> }
  impersonatedUser?: { username: string }
  userAgent?: string
  objectRef?: {
    resource?: string
    namespace?: string
    name?: string
    uid?: string
    apiGroup?: string
    apiVersion?: string
    subresource?: string
  }
  responseStatus?: { code?: number; reason?: string }
  requestObject?: unknown
  responseObject?: unknown
  requestReceivedTimestamp: string
  stageTimestamp: string
}

/** Reads an audit log, one JSON event a line; a line cut short at the end of a live log is left out. */
export function readAuditLog(text: string): AuditEvent[] {
  const events: AuditEvent[] = []
  for (const line of text.split('\n')) {
    if (!line.startsWith('{')) continue
    const event = parseLine(line)
    if (event) events.push(event)
  }
  return events
}

/** Whether an event is a request that changed something: done, by a verb that writes, and not refused. */
export function isEffectiveWrite(event: AuditEvent): boolean {
  if (event.stage !== 'ResponseComplete' || !writeVerbs.has(event.verb)) return false
  const code = event.responseStatus?.code ?? 200
  return code >= 200 && code < 300 && !event.requestURI?.includes('dryRun=')
}

const writeVerbs = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

function parseLine(line: string): AuditEvent | undefined {
  try {
    const event = JSON.parse(line) as unknown
    return isObject(event) && isObject(event['user']) ? (event as unknown as AuditEvent) : undefined
  } catch {
    return undefined
  }
}
