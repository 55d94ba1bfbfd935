import { appendFileSync } from 'node:fs'
import type { Attributes, User } from './access-control.ts'

export interface AuditRecord {
  auditID: string
  requestURI: string
  userAgent: string | undefined
  user: User
  impersonatedUser: User | undefined
  /** Undefined for paths that are no resource's. */
  request: Attributes | undefined
  apiVersion: string
  verb: string
  startedAt: Date
  status: number
  requestObject: unknown
  responseObject: unknown
}

/** Writes requests into an audit log as a policy says: level by the first rule that matches. */
export class AuditFile {
  readonly file: string
  readonly #policy: AuditPolicy

  constructor(file: string, policy: Record<string, unknown>) {
    this.file = file
    this.#policy = policy
  }

  write(record: AuditRecord): void {
    const rule = (this.#policy.rules ?? []).find((r) => doesMatch(r, record))
    if (!rule || rule.level === 'None') return
    const omitted = [...(this.#policy.omitStages ?? []), ...(rule.omitStages ?? [])]
    for (const stage of ['RequestReceived', 'ResponseComplete']) {
      if (!omitted.includes(stage)) appendFileSync(this.file, `${JSON.stringify(toEvent(record, rule.level, stage))}\n`)
    }
  }
}

interface AuditPolicy {
  omitStages?: string[]
  rules?: AuditRule[]
}

interface AuditRule {
  level: 'None' | 'Metadata' | 'Request' | 'RequestResponse'
  omitStages?: string[]
  users?: string[]
  userGroups?: string[]
  verbs?: string[]
  namespaces?: string[]
  resources?: { group?: string; resources?: string[]; resourceNames?: string[] }[]
  nonResourceURLs?: string[]
}

function doesMatch(rule: AuditRule, { request, user, verb, requestURI }: AuditRecord): boolean {
  if (rule.users && !rule.users.includes(user.username)) return false
  if (rule.userGroups && !rule.userGroups.some((group) => user.groups.includes(group))) return false
  if (rule.verbs && !rule.verbs.includes(verb)) return false
  const isAboutResources = rule.resources !== undefined || rule.namespaces !== undefined
  if (isAboutResources || rule.nonResourceURLs) {
    if (!request) return rule.nonResourceURLs?.some((url) => matchesUrl(url, requestURI)) ?? false
    if (!isAboutResources) return false
  }
  if (rule.namespaces && !rule.namespaces.includes(request?.namespace ?? '')) return false
  return rule.resources === undefined || rule.resources.some((chosen) => isChosen(chosen, request!))
}

function isChosen(chosen: NonNullable<AuditRule['resources']>[number], request: Attributes): boolean {
  if ((chosen.group ?? '') !== request.group) return false
  if (chosen.resources?.length && !chosen.resources.includes('*') && !chosen.resources.includes(request.resource))
    return false
  return !chosen.resourceNames?.length || chosen.resourceNames.includes(request.name ?? '')
}

function matchesUrl(pattern: string, uri: string): boolean {
  const path = uri.split('?')[0] ?? ''
  return pattern.endsWith('*') ? path.startsWith(pattern.slice(0, -1)) : path === pattern
}

function toEvent(record: AuditRecord, level: AuditRule['level'], stage: string): Record<string, unknown> {
  const { request } = record
  const [resource, subresource] = (request?.resource ?? '').split('/')
  const hasRequest = level === 'Request' || level === 'RequestResponse'
  const isComplete = stage === 'ResponseComplete'
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level,
    auditID: record.auditID,
    stage,
    requestURI: record.requestURI,
    verb: record.verb,
    user: record.user,
    impersonatedUser: record.impersonatedUser,
    sourceIPs: ['127.0.0.1'],
    userAgent: record.userAgent,
    objectRef: request && {
      resource,
      subresource,
      namespace: request.namespace,
      name: request.name ?? nameIn(record.requestObject),
      apiGroup: request.group || undefined,
      apiVersion: record.apiVersion,
    },
    ...(isComplete ? { responseStatus: { metadata: {}, code: record.status } } : {}),
    ...(hasRequest && record.requestObject !== undefined ? { requestObject: record.requestObject } : {}),
    ...(isComplete && level === 'RequestResponse' ? { responseObject: record.responseObject } : {}),
    requestReceivedTimestamp: micro(record.startedAt),
    stageTimestamp: micro(isComplete ? new Date() : record.startedAt),
  }
}

/** A create names its object in the body only. */
function nameIn(body: unknown): string | undefined {
  return (body as { metadata?: { name?: string } } | undefined)?.metadata?.name
}

function micro(time: Date): string {
  return time.toISOString().replace('Z', '000Z')
}
