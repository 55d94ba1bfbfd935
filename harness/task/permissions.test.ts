import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parseGrant, type Grant } from './grant.ts'
import { agentPermissions, type AgentPermissions } from './permissions.ts'

describe('agentPermissions', () => {
  it('gives by default edit in the namespaces of the task and a look at nodes and namespaces', () => {
    const { cluster, namespaces } = permissionsOf(['edit'], ['shop', 'bank'])
    expect(cluster).toEqual([
      { apiGroups: [''], resources: ['namespaces', 'nodes'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: ['metrics.k8s.io'], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
    ])
    expect(Object.keys(namespaces)).toEqual(['shop', 'bank'])
    expect(namespaces['shop']).toEqual(namespaces['bank'])
    expect(can(namespaces, 'shop', 'patch', 'apps', 'deployments')).toBe(true)
    expect(can(namespaces, 'shop', 'get', '', 'secrets')).toBe(true)
    expect(can(namespaces, 'shop', 'create', '', 'pods/exec')).toBe(true)
  })

  it('never gives RBAC, tokens or impersonation with edit', () => {
    const { cluster, namespaces } = permissionsOf(['edit'], ['shop'])
    const all = [...cluster, ...Object.values(namespaces).flat()]
    expect(all.flatMap(({ apiGroups }) => apiGroups)).not.toContain('rbac.authorization.k8s.io')
    expect(all.flatMap(({ resources }) => resources)).not.toContain('serviceaccounts/token')
    expect(all.flatMap(({ verbs }) => verbs).filter((verb) => /impersonate|bind|escalate|\*/.test(verb))).toEqual([])
    expect(all.flatMap(({ resources }) => resources)).not.toContain('*')
  })

  it('lets an author say less and more, one line each', () => {
    expect(
      permissionsOf(
        [
          'view -n bank',
          'get,patch deploy/checkout -n shop',
          'read pods,pods/log -n shop',
          'read netpol -A',
          'write clusterroles/reader',
          'read widgets.example.com -n shop',
        ],
        ['shop', 'bank'],
      ),
    ).toMatchObject({
      cluster: [
        { apiGroups: [''], resources: ['namespaces', 'nodes'], verbs: ['get', 'list', 'watch'] },
        { apiGroups: ['metrics.k8s.io'], resources: ['nodes'] },
        { apiGroups: ['networking.k8s.io'], resources: ['networkpolicies'], verbs: ['get', 'list', 'watch'] },
        {
          apiGroups: ['rbac.authorization.k8s.io'],
          resources: ['clusterroles'],
          resourceNames: ['reader'],
          verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
        },
      ],
      namespaces: {
        shop: [
          { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['checkout'], verbs: ['get', 'patch'] },
          { apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list', 'watch'] },
          { apiGroups: ['example.com'], resources: ['widgets'], verbs: ['get', 'list', 'watch'] },
        ],
      },
    })
  })

  it('writes the same right once, however often it is asked for', () => {
    expect(permissionsOf(['get pods', 'list pods', 'get,list services', 'get pods'], ['shop']).namespaces).toEqual({
      shop: [{ apiGroups: [''], resources: ['pods', 'services'], verbs: ['get', 'list'] }],
    })
  })

  it('keeps the secrets of other namespaces closed', () => {
    const grants = [parse('edit -n kube-public'), parse('read configmaps -n kube-system')]
    expect(agentPermissions(grants, ['shop']).problems).toEqual([
      '"edit -n kube-public" would open the secrets of kube-public, which is not a namespace of the task (shop)',
    ])
  })

  it('gives what was asked for and nothing else, whatever is asked for', () => {
    const verb = fc.constantFrom('get', 'list', 'watch', 'create', 'patch', 'delete')
    const resource = fc.constantFrom('pods', 'services', 'configmaps', 'deployments', 'jobs')
    const request = fc.record({ verb, resource, namespace: fc.constantFrom('shop', 'bank') })
    fc.assert(
      fc.property(fc.array(request, { maxLength: 12 }), (requests) => {
        const texts = requests.map((one) => `${one.verb} ${one.resource} -n ${one.namespace}`)
        const { namespaces, cluster } = permissionsOf(texts, ['shop', 'bank'])
        expect(cluster).toEqual([])
        const given = Object.entries(namespaces).flatMap(([namespace, rules]) =>
          rules.flatMap(({ resources, verbs }) =>
            resources.flatMap((one) => verbs.map((v) => `${v} ${one} -n ${namespace}`)),
          ),
        )
        expect(given.toSorted()).toEqual([...new Set(texts)].toSorted())
      }),
    )
  })
})

describe('parseGrant', () => {
  it('never throws, and never grants a wildcard, whatever it is given', () => {
    const words = fc.constantFrom(
      'read',
      '*',
      'pods',
      'secrets',
      '-n',
      '-A',
      'shop',
      'a/b',
      ',',
      'bind',
      'pods/*',
      '*.x.io',
    )
    const text = fc.oneof(
      fc.string(),
      fc.array(words).map((parts) => parts.join(' ')),
    )
    fc.assert(
      fc.property(text, (one) => {
        const grant = parseGrant(one)
        if ('problem' in grant) return
        const rules = [...grant.rules, ...grant.clusterRules]
        expect(rules.flatMap((rule) => [...rule.apiGroups, ...rule.resources, ...rule.verbs])).not.toContain('*')
      }),
    )
  })
})

function parse(text: string): Grant {
  const grant = parseGrant(text)
  if ('problem' in grant) throw new Error(grant.problem)
  return grant
}

function permissionsOf(texts: string[], namespaces: string[]): AgentPermissions {
  const { permissions, problems } = agentPermissions(texts.map(parse), namespaces)
  expect(problems).toEqual([])
  return permissions
}

function can(
  namespaces: AgentPermissions['namespaces'],
  namespace: string,
  verb: string,
  group: string,
  resource: string,
): boolean {
  return (namespaces[namespace] ?? []).some(
    (rule) => rule.apiGroups.includes(group) && rule.resources.includes(resource) && rule.verbs.includes(verb),
  )
}
