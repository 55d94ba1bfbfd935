import type { KubeObject } from '../../base/kube-client.ts'
import { isObject, listAt, objectAt, textAt } from '../../state/json.ts'
import type { ManifestSpec } from '../../task/manifest-spec.ts'
import { isObject as isKubeObject, nameObject } from '../parse-answer.ts'
import { compareRules } from '../requirements/rule-permissions.ts'
import type { Finding } from '../verdict.ts'
import { containersOf, podSecurityViolations } from './pod-security.ts'

/** A check of level 4. A task may allow it by its id where the request itself asks for what it forbids. */
interface PolicyCheck {
  id: string
  summary: string
  find(object: KubeObject, spec: ManifestSpec): { at?: string; because: string }[]
}

/** Level 4: security and policy. */
export function judgePolicy(documents: readonly unknown[], spec: ManifestSpec): Finding[] {
  const checks = policyChecks.filter(({ id }) => !spec.allow.includes(id))
  return documents
    .filter(isKubeObject)
    .flatMap((object) =>
      checks.flatMap((check) =>
        check.find(object, spec).map((found) => ({ id: check.id, object: nameObject(object), ...found })),
      ),
    )
}

/** Every check, for documentation and for `allow`. */
export const policyChecks: readonly PolicyCheck[] = [
  {
    id: 'L4/pod-security',
    summary: 'pods keep the Pod Security level of the task, baseline where it names none',
    find: (object, spec) =>
      podOf(object).flatMap(({ at, pod }) =>
        podSecurityViolations(pod, spec['pod-security']).map((found) => ({ ...found, at: `${at}.${found.at}` })),
      ),
  },
  {
    id: 'L4/rbac-wildcard',
    summary: 'no role says * for verbs, resources or groups, unless the request does',
    find: (object, spec) =>
      roleRules(object).flatMap((rule, i) =>
        (['verbs', 'resources', 'apiGroups'] as const)
          .filter((field) => listAt(rule, field).includes('*') && !isAskedFor(object, spec, rule))
          .map((field) => ({ at: `rules[${i}].${field}`, because: 'grants *' })),
      ),
  },
  {
    id: 'L4/rbac-escalation',
    summary:
      'no role lets its holder gain more: escalate, bind, impersonate, tokens, or reading all secrets, unless asked for',
    find: (object, spec) =>
      roleRules(object).flatMap((rule, i) => {
        const verbs = listAt(rule, 'verbs').map(String)
        const resources = listAt(rule, 'resources').map(String)
        const grows = verbs.filter((verb) => ['escalate', 'bind', 'impersonate'].includes(verb))
        const readsSecrets = resources.includes('secrets') && verbs.some((verb) => ['list', 'watch'].includes(verb))
        const makesTokens = resources.includes('serviceaccounts/token') && verbs.includes('create')
        if (isAskedFor(object, spec, rule)) return []
        return [
          ...grows.map((verb) => ({ at: `rules[${i}].verbs`, because: `grants ${verb}` })),
          ...(readsSecrets ? [{ at: `rules[${i}]`, because: 'lets its holder read all secrets' }] : []),
          ...(makesTokens ? [{ at: `rules[${i}]`, because: 'lets its holder make tokens' }] : []),
        ]
      }),
  },
  {
    id: 'L4/rbac-binding',
    summary: 'nothing is bound to cluster-admin or to everybody, unless the request says so',
    find(object, spec) {
      if (!object.kind.endsWith('RoleBinding')) return []
      const asked = spec.objects.find(({ kind, name }) => kind === object.kind && name === object.metadata.name)
      const role = textAt(object, 'roleRef', 'name')
      const all = listAt(object, 'subjects').flatMap((subject) =>
        isObject(subject) && everybody.has(String(subject['name'])) ? [String(subject['name'])] : [],
      )
      return [
        ...(role === 'cluster-admin' && asked?.roleRef?.name !== role
          ? [{ at: 'roleRef', because: 'binds cluster-admin' }]
          : []),
        ...all
          .filter((name) => !asked?.subjects?.some((subject) => subject.name === name))
          .map((name) => ({ at: 'subjects', because: `binds ${name}` })),
      ]
    },
  },
  {
    id: 'L4/plaintext-secret',
    summary: 'no credential stands in a ConfigMap, in an annotation or as the value of a variable',
    find: (object) => [
      ...(object.kind === 'ConfigMap' ? secretsIn(objectAt(object, 'data'), 'data') : []),
      ...secretsIn(objectAt(object, 'metadata', 'annotations'), 'metadata.annotations'),
      ...podOf(object).flatMap(({ at, pod }) =>
        containersOf(pod).flatMap(([place, container]) => {
          const variables = listAt(container, 'env').filter(isObject)
          const named = Object.fromEntries(variables.map((one) => [String(one['name']), one['value']]))
          return secretsIn(named, `${at}.${place}.env`)
        }),
      ),
    ],
  },
  {
    id: 'L4/resource-limits',
    summary: 'every container requests processor and memory and limits its memory',
    find: (object) =>
      podOf(object).flatMap(({ at, pod }) =>
        containersOf(pod).flatMap(([place, container]) => {
          const has = (...path: string[]): boolean => {
            const [last = '', ...before] = path.toReversed()
            return objectAt(container, 'resources', ...before.toReversed())?.[last] !== undefined
          }
          const limited = (what: string): boolean => has('requests', what) || has('limits', what)
          const missing = [
            ...(limited('cpu') ? [] : ['requests.cpu']),
            ...(limited('memory') ? [] : ['requests.memory']),
            ...(has('limits', 'memory') ? [] : ['limits.memory']),
          ]
          return missing.map((field) => ({ at: `${at}.${place}.resources.${field}`, because: 'missing' }))
        }),
      ),
  },
  {
    id: 'L4/image-pinned',
    summary: 'every image names a version other than latest, or a digest',
    find: (object) =>
      podOf(object).flatMap(({ at, pod }) =>
        containersOf(pod).flatMap(([place, container]) => {
          const image = textAt(container, 'image') ?? ''
          if (image === '' || image.includes('@sha256:') || isPinned(image)) return []
          return [{ at: `${at}.${place}.image`, because: `${image} names no version` }]
        }),
      ),
  },
]

const everybody = new Set([
  'system:masters',
  'system:authenticated',
  'system:unauthenticated',
  'system:anonymous',
  'system:serviceaccounts',
])

/** The pod that an object makes, and where it is described. */
function podOf(object: KubeObject): { at: string; pod: Record<string, unknown> }[] {
  const paths: Record<string, string[]> = {
    Pod: ['spec'],
    CronJob: ['spec', 'jobTemplate', 'spec', 'template', 'spec'],
  }
  const path = paths[object.kind] ?? ['spec', 'template', 'spec']
  const pod = objectAt(object, ...path)
  return pod && Array.isArray(pod['containers']) ? [{ at: path.join('.'), pod }] : []
}

function roleRules(object: KubeObject): Record<string, unknown>[] {
  return object.kind === 'Role' || object.kind === 'ClusterRole' ? listAt(object, 'rules').filter(isObject) : []
}

/** Whether the request itself asks for everything that a rule gives. */
function isAskedFor(object: KubeObject, spec: ManifestSpec, rule: Record<string, unknown>): boolean {
  const asked = spec.objects.find(({ kind, name }) => kind === object.kind && name === object.metadata.name)?.rules
  if (!asked) return false
  const one = { ...rule, verbs: listAt(rule, 'verbs') as string[] }
  return compareRules([one], asked).extra.length === 0
}

/** Values under a key that speaks of a credential, and private keys under any. */
function secretsIn(values: Record<string, unknown> | undefined, at: string): { at: string; because: string }[] {
  return Object.entries(values ?? {}).flatMap(([key, value]) => {
    if (typeof value !== 'string' || value === '') return []
    const isKey = /-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value)
    const isNamed =
      /(^|[._-])(password|passwd|secret|token|api[._-]?key|private[._-]?key|access[._-]?key|credentials?)$/i.test(key)
    const isInUrl = /:\/\/[^/\s:@]+:[^/\s@]+@/.test(value)
    if (!isKey && !isNamed && !isInUrl) return []
    return [{ at: `${at}["${key}"]`, because: 'looks like a credential; it belongs into a Secret' }]
  })
}

function isPinned(image: string): boolean {
  const tag = /:([\w.-]+)$/.exec(image.split('/').at(-1) ?? '')?.[1]
  return tag !== undefined && tag !== 'latest'
}
