import { createHmac, randomBytes } from 'node:crypto'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { mustFind, type ObjectStore } from './object-store.ts'

export interface User {
  username: string
  groups: string[]
}

/** A request as authorization sees it. */
export interface Attributes {
  verb: string
  group: string
  /** With its subresource: `pods/log`. */
  resource: string
  namespace: string | undefined
  name: string | undefined
}

export const adminUser: User = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] }

/** Who a token stands for, and what they may do: the admin's token, signed service-account tokens, RBAC rules. */
export class AccessControl {
  readonly key: string
  readonly adminToken: string
  readonly #store: ObjectStore

  constructor(store: ObjectStore, key: string = randomBytes(32).toString('hex')) {
    this.#store = store
    this.key = key
    this.adminToken = createHmac('sha256', key).update('admin').digest('hex')
  }

  /** The user of a token, or undefined for one that is wrong, expired, or whose account is gone. */
  authenticate(token: string | undefined): User | undefined {
    if (token === this.adminToken) return adminUser
    const [header = '', payload = '', signature] = (token ?? '').split('.')
    if (signature !== this.#sign(`${header}.${payload}`)) return undefined
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Claims
    const { namespace, serviceaccount } = claims['kubernetes.io']
    const account = this.#store.find(mustFind('', 'serviceaccounts'), namespace, serviceaccount.name)
    if (account?.metadata.uid !== serviceaccount.uid || claims.exp * 1000 < Date.now()) return undefined
    return serviceAccountUser(namespace, serviceaccount.name)
  }

  /** A token for a service account, as TokenRequest gives it. */
  mint(account: KubeObject, options: { expirationSeconds: number; audiences: string[] }): string {
    const { namespace = '', name, uid = '' } = account.metadata
    const now = Math.floor(Date.now() / 1000)
    const claims: Claims = {
      aud: options.audiences,
      exp: now + options.expirationSeconds,
      iat: now,
      iss: 'https://kubernetes.default.svc.cluster.local',
      sub: `system:serviceaccount:${namespace}:${name}`,
      'kubernetes.io': { namespace, serviceaccount: { name, uid } },
    }
    const unsigned = [{ alg: 'HS256', typ: 'JWT' }, claims]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.')
    return `${unsigned}.${this.#sign(unsigned)}`
  }

  isAllowed(user: User, request: Attributes): boolean {
    if (user.groups.includes('system:masters')) return true
    // everybody may ask about themselves
    if (request.group.startsWith('auth') && request.resource.startsWith('self')) return true
    return this.#rulesOf(user, request.namespace).some((rule) => doesAllow(rule, request))
  }

  #sign(text: string): string {
    return createHmac('sha256', this.key).update(text).digest('base64url')
  }

  #rulesOf(user: User, namespace: string | undefined): Rule[] {
    const group = 'rbac.authorization.k8s.io'
    const rulesOfRole = (binding: KubeObject): Rule[] => {
      const { kind, name } = binding['roleRef'] as { kind: string; name: string }
      const plural = kind === 'Role' ? 'roles' : 'clusterroles'
      const role = this.#store.find(mustFind(group, plural), binding.metadata.namespace, name)
      return (role?.['rules'] ?? []) as Rule[]
    }
    const bindings = this.#store.list(mustFind(group, 'clusterrolebindings'))
    if (namespace !== undefined) bindings.push(...this.#store.list(mustFind(group, 'rolebindings'), namespace))
    return bindings.filter((binding) => isSubject(binding, user)).flatMap(rulesOfRole)
  }
}

export function serviceAccountUser(namespace: string, name: string): User {
  const groups = ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated']
  return { username: `system:serviceaccount:${namespace}:${name}`, groups }
}

interface Claims {
  aud: string[]
  exp: number
  iat: number
  iss: string
  sub: string
  'kubernetes.io': { namespace: string; serviceaccount: { name: string; uid: string } }
}

interface Rule {
  verbs: string[]
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
}

function isSubject(binding: KubeObject, user: User): boolean {
  const subjects = (binding['subjects'] ?? []) as { kind: string; name: string; namespace?: string }[]
  return subjects.some(({ kind, name, namespace }) => {
    if (kind === 'ServiceAccount') return user.username === `system:serviceaccount:${namespace}:${name}`
    return kind === 'Group' ? user.groups.includes(name) : user.username === name
  })
}

function doesAllow(rule: Rule, request: Attributes): boolean {
  const has = (list: string[] | undefined, value: string): boolean =>
    list !== undefined && (list.includes('*') || list.includes(value))
  const isNamed = (rule.resourceNames ?? []).length === 0 || rule.resourceNames!.includes(request.name ?? '')
  return (
    has(rule.verbs, request.verb) &&
    has(rule.apiGroups, request.group) &&
    has(rule.resources, request.resource) &&
    isNamed
  )
}
