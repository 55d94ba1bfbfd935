import type { StateIndex } from '../state-index.ts'
import { effectiveRules, type EffectiveRules } from './effective-rules.ts'
import { implies, printPermission, type Permission } from './permission.ts'

/** Power that a subject has and had not. */
export interface Broader {
  subject: string
  permission: Permission
  /** `list secrets in namespace shop`. */
  words: string
}

/** What anybody can do in a state that the same subject could not do before, each new permission by itself. */
export function broaderPermissions(before: StateIndex, after: StateIndex): Broader[] {
  return broaderRules(effectiveRules(before), effectiveRules(after))
}

function broaderRules(before: EffectiveRules, after: EffectiveRules): Broader[] {
  return after.subjects.flatMap((subject) => {
    const had = before.of(subject)
    const news = after.ownOf(subject).all.filter((permission) => !had.implies(permission))
    return withoutImplied(news).map((permission) => ({ subject, permission, words: printPermission(permission) }))
  })
}

/** Each permission once, and none that another of the new ones includes; what a rule says comes before what it implies. */
function withoutImplied(permissions: readonly Permission[]): Permission[] {
  const kept: Permission[] = []
  const ordered = permissions.toSorted((a, b) => width(b) - width(a))
  for (const permission of ordered) {
    const isIncluded = kept.some(
      (other) => (permission.via !== undefined || other.via === undefined) && implies(other, permission),
    )
    if (!isIncluded) kept.push(permission)
  }
  return kept.toSorted((a, b) => Number(a.via !== undefined) - Number(b.via !== undefined))
}

function width(permission: Permission): number {
  const wildcards = [permission.verb, permission.group, permission.resource].filter((part) =>
    part.startsWith('*'),
  ).length
  return wildcards * 4 + (permission.namespace === undefined ? 2 : 0) + (permission.name === undefined ? 1 : 0)
}
