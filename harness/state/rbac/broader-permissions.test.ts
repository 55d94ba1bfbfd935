import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../base/kube-client.ts'
import { sample, stateOf } from '../sample-objects.ts'
import { indexState } from '../state-index.ts'
import { broaderPermissions } from './broader-permissions.ts'
import { isGranted, parseGrants } from './grants.ts'

const rbac = 'rbac.authorization.k8s.io/v1'
const reader = { kind: 'ServiceAccount', name: 'reader', namespace: 'shop' }
const readerUser = 'system:serviceaccount:shop:reader'

interface Rule {
  apiGroups?: string[]
  resources?: string[]
  verbs: string[]
  resourceNames?: string[]
  nonResourceURLs?: string[]
}

function role(rules: Rule[], name = 'r'): KubeObject {
  return sample(rbac, 'Role', name, { rules })
}

function clusterRole(rules: Rule[], name = 'cr', labels: Record<string, string> = {}): KubeObject {
  return sample(rbac, 'ClusterRole', name, { rules }, { labels })
}

function bind(kind: 'Role' | 'ClusterRole', name: string, subject: object = reader, namespace?: string): KubeObject {
  return sample(
    rbac,
    namespace === undefined ? 'ClusterRoleBinding' : 'RoleBinding',
    `${name}-binding`,
    { subjects: [subject], roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind, name } },
    namespace === undefined ? {} : { namespace },
  )
}

function broader(before: KubeObject[], after: KubeObject[]): string[] {
  const found = broaderPermissions(indexState(stateOf(before)), indexState(stateOf(after)))
  return found.map(({ words, subject }) => `${subject}: ${words}`)
}

const pods = (...verbs: string[]): Rule => ({ apiGroups: [''], resources: ['pods'], verbs })

describe('a new permission is named', () => {
  test('with its namespace, for a rule added to a bound role', () => {
    const binding = bind('Role', 'r', reader, 'shop')
    const secrets = { apiGroups: [''], resources: ['secrets'], verbs: ['list'] }
    expect(broader([role([pods('get')]), binding], [role([pods('get'), secrets]), binding])).toEqual([
      `${readerUser}: list secrets in namespace shop`,
    ])
  })

  test('for a whole cluster, when a binding in a namespace becomes one of the cluster', () => {
    const before = [clusterRole([pods('get')]), bind('ClusterRole', 'cr', reader, 'shop')]
    const after = [clusterRole([pods('get')]), bind('ClusterRole', 'cr')]
    expect(broader(before, after)).toEqual([`${readerUser}: get pods in the whole cluster`])
  })

  test('as one sentence, when somebody becomes cluster-admin', () => {
    const admin = clusterRole(
      [
        { apiGroups: ['*'], resources: ['*'], verbs: ['*'] },
        { nonResourceURLs: ['*'], verbs: ['*'] },
      ],
      'cluster-admin',
    )
    expect(broader([admin], [admin, bind('ClusterRole', 'cluster-admin')])).toEqual([
      `${readerUser}: do anything to everything in the whole cluster`,
      `${readerUser}: use the URL of anything`,
    ])
  })

  test('when a restriction to names is lifted', () => {
    const binding = bind('Role', 'r', reader, 'shop')
    const before = [role([{ ...pods('get'), resourceNames: ['web'] }]), binding]
    expect(broader(before, [role([pods('get')]), binding])).toEqual([`${readerUser}: get pods in namespace shop`])
  })

  test('when a role is aggregated into a bound one', () => {
    const sum = sample(rbac, 'ClusterRole', 'sum', {
      rules: [],
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { part: 'yes' } }] },
    })
    const binding = bind('ClusterRole', 'sum')
    const part = clusterRole([pods('delete')], 'part', { part: 'yes' })
    expect(broader([sum, binding], [sum, binding, part])).toEqual([`${readerUser}: delete pods in the whole cluster`])
  })

  test('when a group gets it, for the group', () => {
    const group = { kind: 'Group', name: 'system:serviceaccounts:shop' }
    const after = [role([pods('get')]), bind('Role', 'r', group, 'shop')]
    expect(broader([], after)).toEqual(['group:system:serviceaccounts:shop: get pods in namespace shop'])
  })

  test('for subresources and URLs', () => {
    const rules = [
      { apiGroups: [''], resources: ['pods/exec'], verbs: ['create'] },
      { nonResourceURLs: ['/metrics'], verbs: ['get'] },
    ]
    expect(broader([], [clusterRole(rules), bind('ClusterRole', 'cr')])).toEqual([
      `${readerUser}: create pods/exec in the whole cluster`,
      `${readerUser}: get the URL /metrics`,
    ])
  })

  test('with what impersonation amounts to', () => {
    const admin = { kind: 'ServiceAccount', name: 'admin', namespace: 'shop' }
    const base = [
      sample('v1', 'ServiceAccount', 'admin'),
      clusterRole([{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }], 'power'),
      bind('ClusterRole', 'power', admin),
    ]
    const impersonate = {
      apiGroups: [''],
      resources: ['serviceaccounts'],
      verbs: ['impersonate'],
      resourceNames: ['admin'],
    }
    expect(broader(base, [...base, role([impersonate]), bind('Role', 'r', reader, 'shop')])).toEqual([
      `${readerUser}: impersonate serviceaccounts named admin in namespace shop`,
      `${readerUser}: get secrets in the whole cluster (by impersonating system:serviceaccount:shop:admin)`,
    ])
  })

  test('with what the right to write any role amounts to', () => {
    const rule = {
      apiGroups: ['rbac.authorization.k8s.io'],
      resources: ['clusterroles'],
      verbs: ['escalate', 'update'],
    }
    const found = broader([], [clusterRole([rule]), bind('ClusterRole', 'cr')])
    expect(found).toContain(
      `${readerUser}: do anything to everything in the whole cluster (by escalating clusterroles)`,
    )
  })
})

describe('nothing is broader', () => {
  test('when a role that nobody is bound to gets rules', () => {
    expect(broader([role([])], [role([pods('*')])])).toEqual([])
  })

  test('when a narrower rule is added beside a wildcard', () => {
    const binding = bind('ClusterRole', 'cr')
    const all = { apiGroups: ['*'], resources: ['*'], verbs: ['get'] }
    const exec = { apiGroups: [''], resources: ['pods/log'], verbs: ['get'] }
    expect(broader([clusterRole([all]), binding], [clusterRole([all, pods('get'), exec]), binding])).toEqual([])
  })

  test('when a service account gets what all service accounts had', () => {
    const group = { kind: 'Group', name: 'system:serviceaccounts' }
    const before = [clusterRole([pods('get')]), bind('ClusterRole', 'cr', group)]
    const own = [clusterRole([pods('get')], 'own'), bind('ClusterRole', 'own')]
    expect(broader(before, [...before, ...own])).toEqual([])
  })

  test('when one binding is replaced by another that gives the same', () => {
    const before = [role([pods('get')]), bind('Role', 'r', reader, 'shop')]
    const after = [clusterRole([pods('get')]), bind('ClusterRole', 'cr', reader, 'shop')]
    expect(broader(before, after)).toEqual([])
  })

  test('when rules are written differently', () => {
    const binding = bind('Role', 'r', reader, 'shop')
    expect(broader([role([pods('get', 'list')]), binding], [role([pods('list'), pods('get')]), binding])).toEqual([])
  })

  test('of any subset of the rules that were there', () => {
    const words = (...all: string[]): fc.Arbitrary<string[]> =>
      fc.uniqueArray(fc.constantFrom(...all), { minLength: 1 })
    const rule = fc.record({
      apiGroups: words('', 'apps', '*'),
      resources: words('pods', 'pods/exec', 'secrets', '*', '*/scale', 'serviceaccounts'),
      verbs: words('get', 'list', 'create', '*', 'impersonate', 'escalate', 'bind'),
      resourceNames: fc.uniqueArray(fc.constantFrom('a', 'b')),
    })
    const account = sample('v1', 'ServiceAccount', 'a')
    const binding = bind('ClusterRole', 'cr')
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), fc.array(fc.nat(3), { maxLength: 3 }), (rules, picks) => {
        const subset = picks.flatMap((pick) => {
          const from = rules[pick]
          return from ? [{ ...from, verbs: from.verbs.slice(0, 1), resources: from.resources.slice(-1) }] : []
        })
        const before = [account, clusterRole(rules), binding]
        expect(broader(before, [...before, clusterRole(subset, 'own'), bind('ClusterRole', 'own')])).toEqual([])
        expect(broader(before, [account, clusterRole([...rules, ...subset]), binding])).toEqual([])
      }),
    )
  })
})

test('a grant of the contract covers what it says and no more', () => {
  const [get, list] = broaderPermissions(
    indexState(stateOf([])),
    indexState(stateOf([role([pods('get', 'list')]), bind('Role', 'r', reader, 'shop')])),
  )
  const grants = parseGrants({ [readerUser]: ['get pods -n shop'] })
  expect([get && isGranted(get, grants), list && isGranted(list, grants)]).toEqual([true, false])
})

test('a grant that cannot be read is an input error', () => {
  expect(() => parseGrants({ x: ['everything'] })).toThrow(/may-grant: x: "everything": expected/)
  // one resource a sentence: a list would read as a resource of that name
  expect(() => parseGrants({ x: ['get,list configmaps,services -n shop'] })).toThrow(/may-grant: x: .*: expected/)
})
