import { printId, type ClusterState, type ObjectId } from '../../state/cluster-state.ts'
import type { Judgement } from '../../state/judge-changes.ts'
import { broaderPermissions } from '../../state/rbac/broader-permissions.ts'
import type { Permission } from '../../state/rbac/permission.ts'
import { indexState } from '../../state/state-index.ts'
import type { Violation } from '../../state/violation.ts'
import { findings } from '../../state/bypass/finding.ts'

/** Lines of contract.yaml that would let happen what happened, under the field where each belongs. */
export interface SuggestedLines {
  'may-change': string[]
  'may-grant': string[]
  accept: string[]
}

/** What an author would write to allow each violation of a judgement, in the contract's own syntax. */
export function suggestLines(
  { violations }: Judgement,
  states: { before: ClusterState; after: ClusterState },
): SuggestedLines {
  const changes = new Map<string, Set<string>>()
  for (const violation of violations) {
    const word = wordOf(violation)
    if (word === undefined) continue
    const object = selectorOf(violation.object)
    changes.set(object, (changes.get(object) ?? new Set()).add(word))
  }
  const isGrant = violations.some(({ name }) => name === 'rbac-broader')
  // what is a harm even in a field that may change has to be accepted by its name as well
  const accepted = violations.filter(({ name }) => findings[name].isAlways && name !== 'rbac-broader')
  return {
    'may-change': [...changes].map(
      ([object, words]) => `- ${quoted(object)}: [${[...words].map((word) => quoted(word)).join(', ')}]`,
    ),
    'may-grant': isGrant ? grantLines(states) : [],
    accept: [...new Set(accepted.map(({ name }) => `- ${name}`))],
  }
}

/** The path or the event that may-change would name; undefined where nothing of one object changed. */
function wordOf({ difference }: Violation): string | undefined {
  if (!difference) return undefined
  if (difference.kind === 'recreated') return 'recreated'
  if (difference.path === '') return difference.kind === 'added' ? 'created' : 'deleted'
  return difference.path
}

/** An object as may-change names it; pods and what else gets random names, by the part that stays. */
function selectorOf(id: ObjectId): string {
  const isCounted = id.kind === 'Pod' || id.kind === 'ReplicaSet'
  return isCounted ? printId({ ...id, name: id.name.replace(/-[a-z0-9]{8,10}(-[a-z0-9]{5})?$/, '-*') }) : printId(id)
}

function grantLines({ before, after }: { before: ClusterState; after: ClusterState }): string[] {
  const own = broaderPermissions(indexState(before), indexState(after))
  return [...Map.groupBy(own, ({ subject }) => subject)].map(([subject, all]) => {
    const byThing = Map.groupBy(all, ({ permission }) => thingOf(permission))
    const sentences = [...byThing].map(
      ([thing, same]) => `${[...new Set(same.map(({ permission }) => permission.verb))].join(',')} ${thing}`,
    )
    return `- ${quoted(subject.replace(/^group:/, ''))}: [${sentences.map((sentence) => quoted(sentence)).join(', ')}]`
  })
}

/** `deployments.apps/checkout -n shop`, as may-grant writes it. */
function thingOf({ resource, group, name, namespace, url }: Permission): string {
  if (url !== undefined) return url
  const [kind = '', subresource] = resource.split('/')
  const ofGroup = group === '' || group === '*' ? '' : `.${group}`
  const parts = [`${kind}${ofGroup}`, subresource, name].filter((part) => part !== undefined).join('/')
  return namespace === undefined ? parts : `${parts} -n ${namespace}`
}

/** A text as YAML reads it back, in quotes only where it needs them. */
function quoted(text: string): string {
  if (/^[\w./-]+( -n [\w*-]+)?$/.test(text)) return text
  return text.includes("'") || !text.includes('"') ? JSON.stringify(text) : `'${text}'`
}
