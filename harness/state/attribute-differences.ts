import { agentIdentities } from './agent-identities.ts'
import { isEffectiveWrite, type AuditEvent } from './audit-event.ts'
import { authorOf } from './author.ts'
import type { ObjectId } from './cluster-state.ts'
import type { Difference } from './difference.ts'
import { hasKey } from './element-keys.ts'
import { fieldOf, isEqual, isObject, own, textAt } from './json.ts'
import { normalizeObject } from './normalize-object.ts'
import { pluralOf } from './object-selector.ts'
import { parsePath, type Path } from './path.ts'
import type { StateIndex } from './state-index.ts'
import type { KubeObject } from '../base/kube-client.ts'
import type { TypeFinder } from './types/known-types.ts'

/** Adds to each difference who made it, as far as the audit log tells. */
export function attributeDifferences(
  differences: readonly Difference[],
  audit: readonly AuditEvent[],
  agentUser: string,
  states: { before: StateIndex; after: StateIndex; typeOf: TypeFinder },
): Difference[] {
  const agents = agentIdentities(audit, agentUser, [states.before, states.after])
  const since = Date.parse(states.before.state.takenAt) - toleranceMs
  const log = indexWrites(audit.filter((event) => Date.parse(event.stageTimestamp) >= since))
  return differences.map((difference) => {
    const event = findCause(difference, log(difference.object), states)
    return event ? { ...difference, by: authorOf(event, agents) } : difference
  })
}

/** Baselines take a moment, and a remote server's clock is not ours. */
const toleranceMs = 2000

interface ObjectLog {
  /** Writes that name the object. */
  named: AuditEvent[]
  /** Creations with a generated name, and deletions of whole collections, in its namespace. */
  nameless: AuditEvent[]
}

/** Makes writes findable by object, in the order in which they happened. */
function indexWrites(audit: readonly AuditEvent[]): (id: ObjectId) => ObjectLog {
  const byKey = new Map<string, AuditEvent[]>()
  const writes = audit.filter((event) => isEffectiveWrite(event) && event.objectRef?.resource !== undefined)
  const inOrder = writes.toSorted((a, b) => (a.stageTimestamp < b.stageTimestamp ? -1 : 1))
  for (const event of inOrder) {
    const ref = event.objectRef ?? {}
    const name = ref.name ?? textAt(event.responseObject, 'metadata', 'name') ?? ''
    const key = `${ref.apiGroup ?? ''}/${ref.resource}/${ref.namespace ?? ''}/${name}`
    const same = byKey.get(key)
    if (same) same.push(event)
    else byKey.set(key, [event])
  }
  return (id) => {
    const collection = `${id.group}/${pluralOf(id.kind)}/${id.kind === 'Namespace' ? '' : (id.namespace ?? '')}`
    const ofNamespace = id.kind === 'Namespace' ? (byKey.get(`/namespaces/${id.name}/${id.name}`) ?? []) : []
    const named = byKey.get(`${collection}/${id.name}`) ?? []
    return {
      named: ofNamespace.length === 0 ? named : [...named, ...ofNamespace].toSorted(byTime),
      nameless: byKey.get(`${collection}/`) ?? [],
    }
  }
}

function findCause(
  difference: Difference,
  log: ObjectLog,
  states: { before: StateIndex; after: StateIndex; typeOf: TypeFinder },
): AuditEvent | undefined {
  const { kind, path, object } = difference
  const deletion = (): AuditEvent | undefined => findDeletion(log, states.before.get(object))
  if (kind === 'recreated') return deletion() ?? findCreation(log, object)
  if (path === '') return kind === 'removed' ? deletion() : findCreation(log, object)
  if (path === 'metadata.deletionTimestamp') return deletion()
  return findChange(difference, log, states) ?? findCreation(log, object)
}

/** The first deletion: it is what ended the object; the kubelet's last word on a pod comes later. */
function findDeletion(log: ObjectLog, object: KubeObject | undefined): AuditEvent | undefined {
  const ofCollection = log.nameless.filter(
    (event) => event.verb === 'deletecollection' && wasInCollection(event, object),
  )
  return [...log.named.filter(isDeletion), ...ofCollection].toSorted(byTime)[0]
}

/** Whether the deletion of a collection took this object: by the answer's items, else by its label selector. */
function wasInCollection(event: AuditEvent, object: KubeObject | undefined): boolean {
  const items = fieldOf(event.responseObject, 'items')
  if (Array.isArray(items)) return items.some((item) => textAt(item, 'metadata', 'name') === object?.metadata.name)
  const selector = new URL(event.requestURI ?? '/', 'http://server').searchParams.get('labelSelector') ?? ''
  return selector.split(',').every((term) => {
    const [, name, value] = /^([^!=]+)==?([^=]*)$/.exec(term) ?? []
    return name === undefined || object?.metadata.labels?.[name] === value
  })
}

function isDeletion(event: AuditEvent): boolean {
  const { subresource } = event.objectRef ?? {}
  return (event.verb === 'delete' && subresource === undefined) || subresource === 'eviction'
}

/** The last creation of that name; server-side apply creates by a patch that is answered with 201. */
function findCreation(log: ObjectLog, object: ObjectId): AuditEvent | undefined {
  const isCreation = (event: AuditEvent): boolean =>
    event.objectRef?.subresource === undefined && (event.verb === 'create' || event.responseStatus?.code === 201)
  const generated = (event: AuditEvent): boolean => {
    const prefix = textAt(event.requestObject, 'metadata', 'generateName')
    return prefix !== undefined && object.name.startsWith(prefix)
  }
  return log.named.findLast(isCreation) ?? log.nameless.findLast((event) => event.verb === 'create' && generated(event))
}

/** The request after which the field had a new value for the last time. */
function findChange(
  difference: Difference,
  log: ObjectLog,
  states: { before: StateIndex; after: StateIndex; typeOf: TypeFinder },
): AuditEvent | undefined {
  const path = parsePath(difference.path)
  const isSpec = difference.path.startsWith('spec')
  const object = states.after.get(difference.object) ?? states.before.get(difference.object)
  let value = difference.before
  let cause: AuditEvent | undefined
  const inOtherWords: AuditEvent[] = []
  for (const event of log.named) {
    const subresource = event.objectRef?.subresource
    if (isDeletion(event) || (subresource === 'status' && isSpec)) continue
    if (isOfOtherVersion(event, object)) {
      inOtherWords.push(event)
      continue
    }
    const seen = valueAfter(event, path, states.typeOf)
    if (seen === undefined ? doesMention(event, path) : !isEqual(seen.value, value)) {
      cause = event
      value = seen?.value ?? value
    }
  }
  return cause ?? onlyAuthors(inOtherWords)
}

/** Whether the answer shows the object in a version whose fields are others (autoscaling/v1 has no `metrics`). */
function isOfOtherVersion({ responseObject }: AuditEvent, object: KubeObject | undefined): boolean {
  const seen = textAt(responseObject, 'apiVersion')
  return textAt(responseObject, 'kind') === object?.kind && seen !== undefined && seen !== object?.apiVersion
}

/** The last of requests that all are one user's: which of them it was makes no difference. */
function onlyAuthors(events: readonly AuditEvent[]): AuditEvent | undefined {
  return new Set(events.map(({ user }) => user.username)).size === 1 ? events.at(-1) : undefined
}

/** The value that the answer to a request shows, when the log has the answer. */
function valueAfter(event: AuditEvent, path: Path, typeOf: TypeFinder): { value: unknown } | undefined {
  const whole = event.responseObject ?? (event.verb === 'update' ? event.requestObject : undefined)
  const { kind, apiVersion, metadata } = isObject(whole) ? (whole as Partial<KubeObject>) : {}
  if (!kind || !apiVersion || !isObject(metadata) || ['Status', 'Scale', 'Binding'].includes(kind)) return undefined
  let normal = normalForms.get(whole as object)
  if (normal === undefined) {
    normal = normalizeObject(whole as KubeObject, typeOf)
    normalForms.set(whole as object, normal)
  }
  return { value: valueAt(normal, path) }
}

const normalForms = new WeakMap<object, KubeObject>()

function valueAt(object: unknown, path: Path): unknown {
  return path.reduce<unknown>((here, step) => {
    if ('field' in step) return isObject(here) ? own(here, step.field) : undefined
    if (!Array.isArray(here)) return undefined
    const list = here as unknown[]
    if ('index' in step) return list[step.index]
    return 'key' in step ? list.find((element) => hasKey(element, step.key)) : undefined
  }, object)
}

/** Whether what was sent speaks of the field; a request without a body in the log may speak of any. */
function doesMention(event: AuditEvent, path: Path): boolean {
  const sent = event.requestObject
  if (event.objectRef?.subresource === 'binding')
    return path.some((step) => 'field' in step && step.field === 'nodeName')
  if (sent === undefined || sent === null) return true
  if (Array.isArray(sent))
    return (sent as unknown[]).some((operation) => isPointerNear(textAt(operation, 'path') ?? '', path))
  const fields = path.flatMap((step) => ('field' in step ? [step.field] : ['']))
  const ofObject = fields.slice(0, Math.max(1, fields.indexOf('') < 0 ? fields.length : fields.indexOf('')))
  return isObject(sent) && isSpokenOf(sent, ofObject)
}

/** Field by field until the body ends: null or a value above the field speaks of it too. */
function isSpokenOf(sent: unknown, fields: string[]): boolean {
  const [first, ...rest] = fields
  if (first === undefined || !isObject(sent)) return true
  return Object.hasOwn(sent, first) && isSpokenOf(fieldOf(sent, first), rest)
}

function isPointerNear(pointer: string, path: Path): boolean {
  const parts = pointer
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
  const shared = Math.min(parts.length, path.length)
  return path.slice(0, shared).every((step, i) => !('field' in step) || step.field === parts[i])
}

function byTime(a: AuditEvent, b: AuditEvent): number {
  return a.stageTimestamp < b.stageTimestamp ? -1 : 1
}
