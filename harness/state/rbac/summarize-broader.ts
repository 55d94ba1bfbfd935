import type { Broader } from './broader-permissions.ts'
import { printPermission } from './permission.ts'

/** One subject's new power, for people: verbs on the same thing together, the most important first. */
export interface BroaderSummary {
  subject: string
  /** `get, list, watch pods in namespace shop`. */
  clauses: string[]
}

/** Sums up new permissions, one entry for each subject. */
export function summarizeBroader(all: readonly Broader[]): BroaderSummary[] {
  return [...Map.groupBy(all, ({ subject }) => subject)].map(([subject, ofSubject]) => {
    const byThing = Map.groupBy(ofSubject, ({ permission }) => printPermission({ ...permission, verb: 'VERB' }))
    const clauses = [...byThing].map(([thing, same]) => {
      const [first] = same as [Broader]
      const isSingle = same.length === 1 || first.permission.verb === '*'
      return isSingle ? first.words : thing.replace('VERB', same.map(({ permission }) => permission.verb).join(', '))
    })
    return { subject, clauses: clauses.toSorted((a, b) => weight(b) - weight(a)) }
  })
}

/** Wildcards, then what gives away Secrets or other identities, then everything else; what is implied comes last. */
function weight(clause: string): number {
  if (clause.endsWith(')')) return 0
  if (clause.startsWith('do anything')) return 3
  return /secrets|impersonate|escalate|bind |exec|serviceaccounts|clusterroles|rolebindings/.test(clause) ? 2 : 1
}
