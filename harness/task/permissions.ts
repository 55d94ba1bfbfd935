import { closest } from '../base/closest.ts'
import type { Grant } from './grant.ts'
import type { RbacRule } from './permission-presets.ts'

/** What the agent may do, ready to become one ClusterRole and one Role a namespace. */
export interface AgentPermissions {
  cluster: RbacRule[]
  namespaces: Record<string, RbacRule[]>
}

/** What an agent may do where the task does not say otherwise. */
export const defaultPermissions: readonly string[] = ['edit']

/**
 * All rules of the agent's identity. Secrets are never readable outside the task's namespaces, and nothing that would
 * let the agent take more than it was given is ever granted; what would is a problem.
 */
export function agentPermissions(
  grants: readonly Grant[],
  taskNamespaces: readonly string[],
): { permissions: AgentPermissions; problems: string[] } {
  const cluster: RbacRule[] = []
  const namespaces = new Map<string, RbacRule[]>()
  const problems: string[] = []
  for (const grant of grants) {
    cluster.push(...grant.clusterRules)
    if (grant.namespaces === 'all') {
      cluster.push(...grant.rules)
      continue
    }
    for (const namespace of grant.namespaces === 'task' ? taskNamespaces : grant.namespaces) {
      const isForeign = !taskNamespaces.includes(namespace)
      if (isForeign && !namespace.startsWith('kube-') && namespace !== 'default') {
        const meant = closest(namespace, taskNamespaces)
        const hint = meant === undefined ? 'no world file makes it' : `did you mean ${meant}?`
        problems.push(`"${grant.text}": there is no namespace ${namespace}; ${hint}`)
        continue
      }
      if (isForeign && grant.rules.some((rule) => rule.resources.includes('secrets'))) {
        problems.push(
          `"${grant.text}" would open the secrets of ${namespace}, which is not a namespace of the task (${taskNamespaces.join(', ') || 'it has none'})`,
        )
      }
      namespaces.set(namespace, [...(namespaces.get(namespace) ?? []), ...grant.rules])
    }
  }
  return {
    permissions: {
      cluster: mergeRules(cluster),
      namespaces: Object.fromEntries([...namespaces].map(([name, rules]) => [name, mergeRules(rules)])),
    },
    problems,
  }
}

/** The same rights in fewer rules: resources of one group with the same verbs stand together. */
function mergeRules(rules: readonly RbacRule[]): RbacRule[] {
  const verbsOf = new Map<
    string,
    { group: string; resource: string; names: string[] | undefined; verbs: Set<string> }
  >()
  for (const rule of rules) {
    for (const group of rule.apiGroups) {
      for (const resource of rule.resources) {
        const key = JSON.stringify([group, resource, rule.resourceNames])
        const row = verbsOf.get(key) ?? { group, resource, names: rule.resourceNames, verbs: new Set<string>() }
        for (const verb of rule.verbs) row.verbs.add(verb)
        verbsOf.set(key, row)
      }
    }
  }
  const merged = new Map<string, RbacRule>()
  for (const { group, resource, names, verbs } of verbsOf.values()) {
    const key = JSON.stringify([group, names, [...verbs].toSorted()])
    const rule = merged.get(key)
    if (rule) rule.resources.push(resource)
    else {
      merged.set(key, {
        apiGroups: [group],
        resources: [resource],
        verbs: [...verbs],
        ...(names === undefined ? {} : { resourceNames: names }),
      })
    }
  }
  return [...merged.values()]
}
