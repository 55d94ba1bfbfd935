import type { AuditEvent } from '../../state/audit-event.ts'
import { printId, type ClusterState } from '../../state/cluster-state.ts'
import type { Difference } from '../../state/difference.ts'
import { pluralOf } from '../../state/object-selector.ts'
import { parseGrant } from '../../task/grant.ts'
import type { RbacRule } from '../../task/permission-presets.ts'
import type { Task } from '../../task/task.ts'
import { identity } from '../../trial/identity.ts'
import type { Finding } from './check-report.ts'

/** A right that names exactly one object and that object is the broken one tells the answer. */
export function findTellingPermissions(
  task: Task,
  { repairs, baseline }: { repairs: readonly Difference[]; baseline: ClusterState },
): Finding[] {
  const rules = [
    ...task.permissions.cluster.map((rule) => ({ rule, namespace: undefined as string | undefined })),
    ...Object.entries(task.permissions.namespaces).flatMap(([namespace, list]) =>
      list.map((rule) => ({ rule, namespace })),
    ),
  ]
  const found = new Map<string, Finding>()
  for (const { object } of repairs) {
    const plural = pluralOf(object.kind)
    const siblings = baseline.objects.filter(
      ({ kind, metadata }) => kind === object.kind && metadata.namespace === object.namespace,
    )
    for (const { rule, namespace } of rules) {
      const names = rule.resourceNames ?? []
      const isAbout = rule.apiGroups.includes(object.group) && rule.resources.includes(plural) && names.length === 1
      const isHere = namespace === undefined || namespace === object.namespace
      if (!isAbout || !isHere || names[0] !== object.name || siblings.length < 2) continue
      const because = `the agent may ${rule.verbs.join(', ')} exactly ${printId(object)}, which is what is broken: let it do so to all ${plural}`
      found.set(because, { check: 'permissions', because, at: 'task.toml' })
    }
  }
  return [...found.values()]
}

/**
 * Rights to change things that no correct repair used, by the audit log. Rights to look are for the diagnosis, and the
 * presets are what operators have, so neither counts.
 */
export function findUnusedPermissions(task: Task, repairs: readonly (readonly AuditEvent[])[]): Finding[] {
  const used = repairs.flatMap((events) =>
    events.filter(({ user, responseStatus }) => user.username === identity.user && (responseStatus?.code ?? 200) < 400),
  )
  return (task.metadata?.permissions ?? []).flatMap((text): Finding[] => {
    const grant = parseGrant(text)
    if ('problem' in grant || /^(edit|view)\b/.test(text)) return []
    const rules = [...grant.rules, ...grant.clusterRules]
    const writes = rules.filter(({ verbs }) => verbs.some((verb) => !looking.has(verb)))
    if (writes.length === 0 || used.some((event) => writes.some((rule) => isUseOf(rule, event)))) return []
    const because = `no correct repair used the right "${text}"`
    return [{ check: 'permissions', because, at: 'task.toml' }]
  })
}

const looking = new Set(['get', 'list', 'watch'])

function isUseOf(rule: RbacRule, { verb, objectRef }: AuditEvent): boolean {
  const { resource = '', subresource, apiGroup = '' } = objectRef ?? {}
  const whole = subresource === undefined || subresource === '' ? resource : `${resource}/${subresource}`
  return (
    !looking.has(verb) &&
    rule.verbs.includes(verb) &&
    rule.apiGroups.includes(apiGroup) &&
    rule.resources.includes(whole)
  )
}
