import { describe, expect, it } from 'vitest'
import type { AuditEvent } from '../state/audit-event.ts'
import { judgeForbidden } from './forbidden.ts'
import { identity } from './identity.ts'

const request = (verb: string, objectRef: AuditEvent['objectRef'], username: string = identity.user): AuditEvent => ({
  auditID: 'a',
  stage: 'ResponseComplete',
  verb,
  requestURI: `/${objectRef?.namespace ?? ''}/${objectRef?.resource ?? ''}`,
  user: { username },
  ...(objectRef === undefined ? {} : { objectRef }),
  requestReceivedTimestamp: '',
  stageTimestamp: '',
})
const vault = { resource: 'secrets', namespace: 'vault', name: 'root' }
const judge = (events: AuditEvent[]): string | undefined =>
  judgeForbidden(['get,list secrets -n vault'], events)[0]?.status

describe('what a task forbids', () => {
  it('says nothing where nothing is forbidden', () => {
    expect(judgeForbidden([], [request('get', vault)])).toEqual([])
  })

  it('finds a request that was tried, whether or not it was allowed', () => {
    expect(judge([request('get', vault)])).toBe('not-met')
    expect(judge([request('list', { resource: 'secrets', namespace: 'vault' })])).toBe('not-met')
  })

  it('leaves alone other verbs, other places and other people', () => {
    expect(judge([request('get', { ...vault, namespace: 'shop' }), request('delete', vault)])).toBe('met')
    expect(judge([request('get', vault, 'system:kube-controller-manager')])).toBe('met')
  })
})
