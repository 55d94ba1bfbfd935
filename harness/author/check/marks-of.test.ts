import { describe, expect, it } from 'vitest'
import type { Violation } from '../../state/violation.ts'
import { marksOf } from './marks-of.ts'

const object = { group: 'apps', kind: 'Deployment', namespace: 'shop', name: 'web' }

function violation(
  at: string,
  role: 'agent' | 'controller' = 'agent',
  name: Violation['name'] = 'protected-field-changed',
) {
  const by = { role, name: 'x', user: 'x', verb: 'patch', at, auditId: at }
  const difference = { object, path: 'spec.replicas', kind: 'changed' as const, before: 2, after: 0, by }
  return { name, object, because: at, difference }
}

function marks(violations: Violation[], from: string, to: string): string[] {
  const judgement = { differences: [], explained: [], violations, unknown: [] }
  return marksOf({ judgement }, { from: Date.parse(from), to: Date.parse(to) }).map(({ because }) => because)
}

const [before, during, after] = ['2026-01-01T00:00:01.000000Z', '2026-01-01T00:00:02.500000Z', '2026-01-01T00:00:04Z']

describe('marksOf', () => {
  it('finds what the agent did while one of several was at work, and nothing of the others', () => {
    const all = [violation(before), violation(during), violation(after)]
    expect(marks(all, '2026-01-01T00:00:02Z', '2026-01-01T00:00:03Z')).toEqual([during])
  })

  it('holds nothing against anybody that somebody else did, that nobody is named for, or that mends by itself', () => {
    const { difference: _, ...unnamed } = violation(during)
    const all = [violation(during, 'controller'), unnamed, violation(during, 'agent', 'bystander-unhealthy')]
    expect(marks(all, '2026-01-01T00:00:02Z', '2026-01-01T00:00:03Z')).toEqual([])
  })
})
