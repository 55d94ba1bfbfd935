import type { AuditedRequest, IntegrityFinding } from './events.ts'

/** What is needed of an audit.k8s.io/v1 event. */
export interface AuditLine {
  auditID: string
  stage: 'RequestReceived' | 'ResponseStarted' | 'ResponseComplete' | 'Panic'
  verb: string
  requestURI: string
  user: { username: string; extra?: Record<string, string[]> }
  impersonatedUser?: { username: string }
  userAgent?: string
  sourceIPs?: string[]
  objectRef?: { resource?: string; subresource?: string; namespace?: string; name?: string; apiGroup?: string }
  responseStatus?: { code?: number }
  requestReceivedTimestamp: string
  stageTimestamp: string
}

/** An event of the audit log, or undefined for a line that is none. */
export function parseAuditLine(line: string): AuditLine | undefined {
  try {
    const event = JSON.parse(line) as Partial<AuditLine> | null
    const isEvent =
      typeof event?.auditID === 'string' &&
      typeof event.stage === 'string' &&
      typeof event.verb === 'string' &&
      typeof event.requestURI === 'string' &&
      typeof event.user?.username === 'string'
    return isEvent ? (event as AuditLine) : undefined
  } catch {
    return undefined
  }
}

/**
 * Joins the API server's log of the agent's requests to the tool calls that sent them. The gateway gives every request
 * an audit ID and reports it; a request under the agent's name whose ID the gateway never gave, or gave once and was
 * seen twice, came another way. The two reports arrive in any order.
 */
export class AuditJoin {
  readonly #agentUsers: ReadonlySet<string>
  readonly #callOf = new Map<string, string>()
  readonly #seen = new Map<string, { isDone: boolean }>()
  readonly #waiting = new Map<string, AuditLine>()
  readonly #repeated: AuditLine[] = []

  constructor(agentUsers: Iterable<string>) {
    this.#agentUsers = new Set(agentUsers)
  }

  /** The gateway sent a request for a call. Answers the requests of the log that this explains. */
  sent(request: { auditId: string; call: string }): AuditedRequest[] {
    this.#callOf.set(request.auditId, request.call)
    const line = this.#waiting.get(request.auditId)
    this.#waiting.delete(request.auditId)
    return line ? [toRequest(line, request.call)] : []
  }

  /** An event of the log came. Answers a request as soon as it is explained, each one once. */
  seen(line: AuditLine): AuditedRequest[] {
    if (line.stage === 'RequestReceived' || !this.#isAgent(line)) return []
    const before = this.#seen.get(line.auditID)
    const isDone = line.stage !== 'ResponseStarted'
    this.#seen.set(line.auditID, { isDone: isDone || (before?.isDone ?? false) })
    if (before) {
      if (before.isDone && isDone) this.#repeated.push(line)
      return []
    }
    const call = this.#callOf.get(line.auditID)
    if (call !== undefined) return [toRequest(line, call)]
    this.#waiting.set(line.auditID, line)
    return []
  }

  /** The agent's requests that no tool call explains. Final once the agent has ended and the log was read to its end. */
  unexplained(): AuditedRequest[] {
    return [...this.#waiting.values(), ...this.#repeated].map((line) => toRequest(line))
  }

  /** Requests that the gateway sent and the log does not know: the log has gaps, or the server was another one. */
  unlogged(): string[] {
    return [...this.#callOf.keys()].filter((id) => !this.#seen.has(id))
  }

  #isAgent(line: AuditLine): boolean {
    return this.#agentUsers.has(line.user.username) || this.#agentUsers.has(line.impersonatedUser?.username ?? '')
  }
}

/** One finding for all requests under the agent's name that came another way than by a tool call. */
export function summarizeUnexplained(requests: readonly AuditedRequest[]): IntegrityFinding | undefined {
  const [first] = requests
  if (!first) return undefined
  const agents = [...new Set(requests.map((r) => r.userAgent ?? 'no user agent'))].slice(0, 5).join(', ')
  return {
    type: 'integrity-finding',
    finding: 'request-outside-the-gateway',
    because: `${requests.length} API request${requests.length === 1 ? '' : 's'} as ${first.user} came from no tool call: first ${first.verb} ${first.uri} at ${first.requestedAt} (${agents})`,
    evidence: requests.slice(0, 100),
  }
}

function toRequest(line: AuditLine, call?: string): AuditedRequest {
  const { resource, subresource, namespace, name, apiGroup } = line.objectRef ?? {}
  const durationMs = Date.parse(line.stageTimestamp) - Date.parse(line.requestReceivedTimestamp)
  return {
    type: 'audited-request',
    auditId: line.auditID,
    ...(call === undefined ? {} : { call }),
    verb: line.verb,
    uri: line.requestURI,
    user: line.user.username,
    ...(resource === undefined
      ? {}
      : { object: { resource, ...given({ group: apiGroup, subresource, namespace, name }) } }),
    ...(line.responseStatus?.code === undefined ? {} : { status: line.responseStatus.code }),
    requestedAt: line.requestReceivedTimestamp,
    ...(Number.isFinite(durationMs) ? { durationMs } : {}),
    ...(line.userAgent === undefined ? {} : { userAgent: line.userAgent }),
    ...(line.sourceIPs === undefined ? {} : { sourceIps: line.sourceIPs }),
  }
}

function given<T extends Record<string, string | undefined>>(fields: T): { [K in keyof T]?: string } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value)) as { [K in keyof T]?: string }
}
