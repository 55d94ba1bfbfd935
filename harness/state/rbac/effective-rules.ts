import type { KubeObject } from '../../base/kube-client.ts'
import { listAt, objectAt, textAt } from '../json.ts'
import type { StateIndex } from '../state-index.ts'
import type { Permission } from './permission.ts'
import { createPermissionSet, type PermissionSet } from './permission-set.ts'

/** Everybody's power in one state of a cluster. */
export interface EffectiveRules {
  /** All subjects that a binding names: `system:serviceaccount:shop:web`, `alice`, `group:system:masters`. */
  subjects: readonly string[]
  /** What bindings give to exactly this subject, implied power included. */
  ownOf(subject: string): PermissionSet
  /** What a subject can do, through the groups that it is always in as well. */
  of(subject: string): PermissionSet
}

/** Computes what roles and bindings give: aggregation, wildcards, names, URLs, and what impersonate, bind, escalate and tokens imply. */
export function effectiveRules(state: StateIndex): EffectiveRules {
  const granted = grantsBySubject(state)
  const own = new Map<string, PermissionSet>()
  const full = new Map<string, PermissionSet>()
  const direct = (subject: string): Permission[] => granted.get(subject) ?? []
  const withGroups = (subject: string): Permission[] => [subject, ...groupsOf(subject)].flatMap(direct)
  return {
    subjects: [...granted.keys()],
    ownOf: (subject) =>
      memoize(own, subject, () => createPermissionSet(withImplied(direct(subject), withGroups, state))),
    of: (subject) =>
      memoize(full, subject, () => createPermissionSet(withImplied(withGroups(subject), withGroups, state))),
  }
}

function grantsBySubject(state: StateIndex): Map<string, Permission[]> {
  const clusterRoles = state.ofKind('ClusterRole')
  const roles = new Map([
    ...clusterRoles.map((role) => [`/${role.metadata.name}`, role] as const),
    ...state.ofKind('Role').map((role) => [`${role.metadata.namespace}/${role.metadata.name}`, role] as const),
  ])
  const expanded = new Map<KubeObject, Permission[]>()
  const granted = new Map<string, Permission[]>()
  for (const binding of [...state.ofKind('ClusterRoleBinding'), ...state.ofKind('RoleBinding')]) {
    const { namespace } = binding.metadata
    const scope = textAt(binding, 'roleRef', 'kind') === 'Role' ? (namespace ?? '') : ''
    const role = roles.get(`${scope}/${textAt(binding, 'roleRef', 'name')}`)
    if (!role) continue
    const permissions = memoize(expanded, role, () => permissionsOf(role, clusterRoles))
    const inScope = namespace === undefined ? permissions : narrowTo(permissions, namespace)
    for (const subject of listAt(binding, 'subjects')) {
      const name = subjectName(subject, namespace)
      const held = granted.get(name)
      if (held) for (const permission of inScope) held.push(permission)
      else granted.set(name, [...inScope])
    }
  }
  return granted
}

/** A binding in a namespace gives what a role says there, and no URLs. */
function narrowTo(permissions: readonly Permission[], namespace: string): Permission[] {
  return permissions.flatMap((permission) => (permission.url === undefined ? [{ ...permission, namespace }] : []))
}

function permissionsOf(role: KubeObject, clusterRoles: readonly KubeObject[]): Permission[] {
  const selectors = listAt(role, 'aggregationRule', 'clusterRoleSelectors')
  const parts = clusterRoles.filter((other) => selectors.some((selector) => isSelected(other, selector)))
  return [role, ...parts].flatMap((one) => listAt(one, 'rules')).flatMap(permissionsOfRule)
}

function permissionsOfRule(rule: unknown): Permission[] {
  const texts = (field: string): string[] => listAt(rule, field) as string[]
  const names = texts('resourceNames')
  const found: Permission[] = []
  for (const verb of texts('verbs')) {
    for (const url of texts('nonResourceURLs')) found.push({ verb, url, group: '', resource: '' })
    for (const group of texts('apiGroups')) {
      for (const resource of texts('resources')) {
        if (names.length === 0) found.push({ verb, group, resource })
        for (const name of names) found.push({ verb, group, resource, name })
      }
    }
  }
  return found
}

function isSelected(role: KubeObject, selector: unknown): boolean {
  const labels = role.metadata.labels ?? {}
  const isEqualAll = Object.entries(objectAt(selector, 'matchLabels')).every(([name, value]) => labels[name] === value)
  return isEqualAll && listAt(selector, 'matchExpressions').every((expression) => isExpressionMet(expression, labels))
}

function isExpressionMet(expression: unknown, labels: Record<string, string>): boolean {
  const value = labels[textAt(expression, 'key') ?? '']
  const values = listAt(expression, 'values')
  switch (textAt(expression, 'operator')) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    default:
      return value === undefined
  }
}

/** Users by their name, groups marked as such; a service account is a user. */
function subjectName(subject: unknown, namespace: string | undefined): string {
  const name = textAt(subject, 'name') ?? ''
  if (textAt(subject, 'kind') === 'Group') return `group:${name}`
  if (textAt(subject, 'kind') !== 'ServiceAccount') return name
  return `system:serviceaccount:${textAt(subject, 'namespace') ?? namespace ?? ''}:${name}`
}

function groupsOf(subject: string): string[] {
  if (subject.startsWith('group:')) {
    const isSpecial = subject === 'group:system:unauthenticated' || subject === 'group:system:authenticated'
    return isSpecial ? [] : ['group:system:authenticated']
  }
  if (subject === 'system:anonymous') return ['group:system:unauthenticated']
  const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(subject) ?? []
  const ofAccount =
    namespace === undefined ? [] : ['group:system:serviceaccounts', `group:system:serviceaccounts:${namespace}`]
  return [...ofAccount, 'group:system:authenticated']
}

/** Adds what some verbs amount to: becoming somebody else, or writing one's own rules. */
function withImplied(
  permissions: readonly Permission[],
  powerOf: (subject: string) => Permission[],
  state: StateIndex,
): Permission[] {
  const all = [...permissions]
  const become = new Set<string>()
  for (const permission of all) {
    all.push(...writingRules(permission, permissions))
    for (const { subject, via } of becoming(permission, state)) {
      if (become.has(subject)) continue
      become.add(subject)
      if (subject === '*') all.push({ verb: '*', group: '*', resource: '*', via })
      else for (const power of powerOf(subject)) all.push({ ...power, via })
    }
  }
  return all
}

/** Whom a permission lets its holder become, and how; users and groups belong to the cluster, not to a namespace. */
function becoming(permission: Permission, state: StateIndex): { subject: string; via: string }[] {
  const { verb, resource, group, name, namespace } = permission
  if (permission.url !== undefined || (group !== '' && group !== '*')) return []
  const isFor = (wantedVerb: string, wanted: string): boolean =>
    (verb === wantedVerb || verb === '*') && (resource === wanted || resource === '*')
  const found: { subject: string; via: string }[] = []
  if (namespace === undefined && isFor('impersonate', 'users')) {
    found.push({ subject: name ?? '*', via: `by impersonating ${name ?? 'any user'}` })
  }
  if (namespace === undefined && isFor('impersonate', 'groups')) {
    const isAll = name === undefined || name === 'system:masters'
    found.push({ subject: isAll ? '*' : `group:${name}`, via: `by impersonating ${name ?? 'any group'}` })
  }
  const how = isFor('impersonate', 'serviceaccounts')
    ? 'by impersonating'
    : isFor('create', 'serviceaccounts/token')
      ? 'with a token of'
      : undefined
  if (how === undefined) return found
  for (const { metadata } of state.ofKind('ServiceAccount')) {
    if ((name ?? metadata.name) !== metadata.name || (namespace ?? metadata.namespace) !== metadata.namespace) continue
    const subject = `system:serviceaccount:${metadata.namespace}:${metadata.name}`
    found.push({ subject, via: `${how} ${subject}` })
  }
  return found
}

/** Who may write roles beyond what it holds, or bind roles that hold more, holds everything there. */
function writingRules(permission: Permission, all: readonly Permission[]): Permission[] {
  const { verb, resource, group, name, namespace } = permission
  const isRbac = group === 'rbac.authorization.k8s.io' || group === '*'
  const isRole = resource === 'roles' || resource === 'clusterroles'
  if (!isRbac || !isRole || (verb !== 'escalate' && verb !== 'bind')) return []
  const needed = verb === 'escalate' ? [resource] : ['rolebindings', 'clusterrolebindings']
  const canWrite = all.some(
    (other) =>
      ['create', 'update', 'patch', '*'].includes(other.verb) &&
      (needed.includes(other.resource) || other.resource === '*') &&
      (other.group === 'rbac.authorization.k8s.io' || other.group === '*') &&
      (other.namespace === undefined || other.namespace === namespace),
  )
  if (!canWrite || (verb === 'bind' && name !== undefined)) return []
  const via = verb === 'escalate' ? `by escalating ${resource}` : `by binding ${resource}`
  return [{ verb: '*', group: '*', resource: '*', via, ...(namespace === undefined ? {} : { namespace }) }]
}

function memoize<K, V>(cache: Map<K, V>, key: K, make: () => V): V {
  let value = cache.get(key)
  if (value === undefined) cache.set(key, (value = make()))
  return value
}
