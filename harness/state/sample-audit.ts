import type { KubeObject } from '../base/kube-client.ts'
import type { AuditEvent } from './audit-event.ts'
import { idOf } from './cluster-state.ts'
import { pluralOf } from './object-selector.ts'

let count = 0

/** An audit event of a successful request about an object, for tests; each is later than those made before it. */
export function sampleEvent(
  username: string,
  verb: string,
  object: KubeObject,
  options: {
    subresource?: string
    sent?: unknown
    code?: number
    hasAnswer?: boolean
    uri?: string
    name?: string
  } = {},
): AuditEvent {
  count += 1
  const at = new Date(Date.parse('2026-01-01T00:00:10Z') + count).toISOString()
  const { group } = idOf(object)
  const name = options.name ?? object.metadata.name
  const hasAnswer = options.hasAnswer ?? (options.subresource === undefined && verb !== 'delete')
  return {
    auditID: `audit-${count}`,
    stage: 'ResponseComplete',
    verb,
    user: { username },
    requestURI: options.uri ?? '/',
    objectRef: {
      resource: pluralOf(object.kind),
      ...(name === '' ? {} : { name }),
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
      ...(group === '' ? {} : { apiGroup: group }),
      ...(options.subresource === undefined ? {} : { subresource: options.subresource }),
    },
    responseStatus: { code: options.code ?? 200 },
    ...(options.sent === undefined ? {} : { requestObject: options.sent }),
    ...(hasAnswer ? { responseObject: object } : {}),
    requestReceivedTimestamp: at,
    stageTimestamp: at,
  }
}

/** The user name of one of the control plane's controllers. */
export function controllerUser(name: string): string {
  return `system:serviceaccount:kube-system:${name}`
}
