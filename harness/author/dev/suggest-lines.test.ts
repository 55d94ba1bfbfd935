import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { KubeObject } from '../../base/kube-client.ts'
import { judgeChanges } from '../../state/judge-changes.ts'
import { sample, sampleDeployment, stateOf, withChange } from '../../state/sample-objects.ts'
import { parseContract } from '../../task/contract.ts'
import { suggestLines, type SuggestedLines } from './suggest-lines.ts'

const checkout = sampleDeployment('checkout')
const settings = sample('v1', 'ConfigMap', 'settings', { data: { 'app.yaml': 'color: blue', 'it"s': 'odd' } })
const role = sample('rbac.authorization.k8s.io/v1', 'Role', 'reader', {
  rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
})
const binding = sample('rbac.authorization.k8s.io/v1', 'RoleBinding', 'reader', {
  roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reader' },
  subjects: [{ kind: 'ServiceAccount', name: 'reporter', namespace: 'shop' }],
})
const lease = sample('net.example/v1', 'Address', 'edge-1', { spec: { customer: 'kupferberg' } })
const main = ['spec', 'template', 'spec', 'containers', 0]
const world = [checkout, settings, role, binding, lease]

const cases: { what: string; after: KubeObject[]; lines: Partial<SuggestedLines> }[] = [
  {
    what: 'a changed environment',
    after: changed(checkout, [...main, 'env', 0, 'value'], 'off'),
    lines: {
      'may-change': [
        '- deployment/checkout -n shop: ["spec.template.spec.containers[name=main].env[name=MODE].value"]',
      ],
    },
  },
  {
    what: 'a field whose name has dots',
    after: changed(settings, ['data', 'app.yaml'], 'color: red'),
    lines: { 'may-change': [`- configmap/settings -n shop: ['data["app.yaml"]']`] },
  },
  {
    what: 'an object that is gone',
    after: world.filter((object) => object !== settings),
    lines: { 'may-change': ['- configmap/settings -n shop: [deleted]'] },
  },
  {
    what: 'an object that came',
    after: [...world, sample('v1', 'ConfigMap', 'more', { data: {} })],
    lines: { 'may-change': ['- configmap/more -n shop: [created]'] },
  },
  {
    what: 'a custom resource',
    after: changed(lease, ['spec', 'customer'], 'lindwurm'),
    lines: { 'may-change': ['- address.net.example/edge-1 -n shop: [spec.customer]'] },
  },
  {
    what: 'more rights',
    after: changed(
      role,
      ['rules'],
      [
        { apiGroups: [''], resources: ['pods'], verbs: ['get'] },
        { apiGroups: ['apps'], resources: ['deployments'], resourceNames: ['checkout'], verbs: ['get', 'patch'] },
      ],
    ),
    lines: {
      'may-grant': ['- "system:serviceaccount:shop:reporter": ["get,patch deployments.apps/checkout -n shop"]'],
    },
  },
  {
    what: 'a probe that was taken away, in a field that may change',
    after: changed(checkout, [...main, 'readinessProbe'], undefined),
    lines: { accept: ['- probe-removed'] },
  },
]

describe('suggestLines', () => {
  test.each(cases)('words $what as a contract would', ({ after, lines }) => {
    expect(suggest(after)).toMatchObject(lines)
  })

  test.each(cases)('lets $what happen when its lines are copied', ({ after }) => {
    const contract = contractOf(suggest(after))
    const { mayChange, mayGrant, accept } = contract
    const judged = judgeChanges({ before: stateOf(world), after: stateOf(after), mayChange, mayGrant, accept })
    expect(judged.violations).toEqual([])
  })

  test('says nothing where nothing happened', () => {
    expect(suggest(world)).toEqual({ 'may-change': [], 'may-grant': [], accept: [] })
  })
})

function suggest(after: KubeObject[]): SuggestedLines {
  const states = { before: stateOf(world), after: stateOf(after) }
  return suggestLines(judgeChanges({ ...states, mayChange: {} }), states)
}

/** The contract that an author has who copied every line to its place. */
function contractOf(lines: SuggestedLines): NonNullable<ReturnType<typeof parseContract>['value']> {
  const text = ['outcome: [{ nothing: {} }]', ...Object.entries(lines).flatMap(([field, own]) => [`${field}:`, ...own])]
  const { value, problems } = parseContract(
    Object.fromEntries(Object.entries(parse(text.join('\n')) as object).filter(([, given]) => given !== null)),
  )
  if (!value) throw new Error(JSON.stringify(problems))
  return value
}

function changed(object: KubeObject, path: (string | number)[], value: unknown): KubeObject[] {
  return world.map((one) => (one === object ? withChange(one, path, value) : one))
}
