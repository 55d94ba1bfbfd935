import type { KubeClient } from '../../base/kube-client.ts'
import type { Permission } from '../../state/rbac/permission.ts'
import { printPermission } from '../../state/rbac/permission.ts'
import { createPermissionSet } from '../../state/rbac/permission-set.ts'
import type { AccessEffect } from '../../task/manifest-spec.ts'
import { permissionsOf } from '../requirements/rule-permissions.ts'
import { poll } from './poll.ts'
import type { Site } from './site.ts'

/**
 * Asks the API server for every permission in question and for its neighbours: all verbs, other resources, another
 * namespace, other names. Answers what is allowed and should not be, and the other way round.
 */
export async function checkAccess(site: Site, effect: AccessEffect): Promise<{ wrong: string[]; asked: number }> {
  const { user, groups } = await subjectOf(site, effect)
  const allowed = createPermissionSet(permissionsOf(effect.rules, effect.namespace))
  const ask = (question: Permission): Promise<boolean> => review(site.client, { user, groups }, question)
  const [first] = allowed.all
  // the server learns of a binding a moment after it is made
  if (first) await poll(() => ask(concrete(first)), Boolean, { withinMs: 10_000, signal: site.signal })
  const questions = questionsFor(effect, site.namespace)
  const wrong: string[] = []
  await Promise.all(
    questions.map(async (question) => {
      const should = allowed.implies(question)
      const does = await ask(question)
      if (does !== should) wrong.push(`${user} ${does ? 'may' : 'may not'} ${printPermission(question)}`)
    }),
  )
  return { wrong: wrong.toSorted(), asked: questions.length }
}

async function subjectOf(site: Site, effect: AccessEffect): Promise<{ user: string; groups: string[] }> {
  if (effect.as !== undefined) {
    const [, namespace] = /^system:serviceaccount:([^:]+):/.exec(effect.as) ?? []
    const own = namespace === undefined ? [] : ['system:serviceaccounts', `system:serviceaccounts:${namespace}`]
    return { user: effect.as, groups: [...(effect.groups ?? []), ...own] }
  }
  const role = effect.role ?? { kind: 'Role' as const, name: '' }
  const user = `kubemend:probe:${role.name}`
  const rbac = '/apis/rbac.authorization.k8s.io/v1'
  const isInNamespace = effect.namespace !== undefined
  await site.createOutside(
    isInNamespace ? `${rbac}/namespaces/${effect.namespace}/rolebindings` : `${rbac}/clusterrolebindings`,
    {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: isInNamespace ? 'RoleBinding' : 'ClusterRoleBinding',
      metadata: { name: `kubemend-probe-${role.name}` },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', ...role },
      subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: user }],
    },
  )
  return { user, groups: effect.groups ?? [] }
}

const verbs = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection']

/** Resources that a careless rule is likely to open too. */
const neighbours: readonly [group: string, resource: string][] = [
  ['', 'pods'],
  ['', 'pods/exec'],
  ['', 'secrets'],
  ['', 'configmaps'],
  ['apps', 'deployments'],
  ['rbac.authorization.k8s.io', 'rolebindings'],
]

/** Every question that an effect raises. */
export function questionsFor(effect: AccessEffect, home: string | undefined): Permission[] {
  const asked = permissionsOf(effect.rules, effect.namespace)
  const resources = new Map<string, [string, string]>()
  for (const { group, resource, url } of asked) {
    if (url === undefined)
      resources.set(`${group}/${resource}`, [
        group === '*' ? 'apps' : group,
        resource === '*' ? 'deployments' : resource,
      ])
  }
  for (const pair of neighbours) resources.set(pair.join('/'), [...pair])
  const allVerbs = [
    ...new Set([...verbs, ...asked.flatMap(({ verb, url }) => (verb === '*' || url !== undefined ? [] : [verb]))]),
  ]
  const names = [
    undefined,
    ...new Set(asked.flatMap(({ name }) => name ?? [])),
    ...(asked.some(({ name }) => name !== undefined) ? ['somebody-elses'] : []),
  ]
  const places = effect.namespace === undefined ? [undefined, home ?? 'kube-system'] : [effect.namespace, 'kube-system']
  const objects = [...resources.values()].flatMap(([group, resource]) =>
    allVerbs.flatMap((verb) =>
      places.flatMap((namespace) =>
        names.map((name): Permission => ({
          verb,
          group,
          resource,
          ...(name === undefined ? {} : { name }),
          ...(namespace === undefined ? {} : { namespace }),
        })),
      ),
    ),
  )
  const urls = asked.flatMap(({ url }) => (url === undefined ? [] : [url.replace(/\*$/, 'x')]))
  const paths = urls.length === 0 ? [] : [...urls, '/metrics', '/logs', '/healthz']
  return [
    ...objects,
    ...paths.flatMap((url) => ['get', 'post'].map((verb) => ({ verb, resource: '', group: '', url }))),
  ]
}

/** A permission without wildcards that another one implies. */
function concrete(permission: Permission): Permission {
  const star = (text: string, instead: string): string => (text === '*' ? instead : text)
  return {
    ...permission,
    verb: star(permission.verb, 'get'),
    group: star(permission.group, 'apps'),
    resource: star(permission.resource, 'deployments'),
    ...(permission.url === undefined ? {} : { url: permission.url.replace(/\*$/, 'x') }),
  }
}

async function review(
  client: KubeClient,
  who: { user: string; groups: string[] },
  question: Permission,
): Promise<boolean> {
  const { verb, group, name, namespace, url } = question
  const [resource, subresource] = question.resource.split('/')
  const answer = await client.create<{ status: { allowed: boolean } }>(
    '/apis/authorization.k8s.io/v1/subjectaccessreviews',
    {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: {
        ...who,
        ...(url === undefined
          ? { resourceAttributes: { verb, group, resource, subresource, name, namespace } }
          : { nonResourceAttributes: { path: url, verb } }),
      },
    },
  )
  return answer.status.allowed
}
