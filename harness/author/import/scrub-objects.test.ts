import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../../base/kube-client.ts'
import { scrubObjects } from './scrub-objects.ts'

const names = { namespace: 'acme-prod', as: 'shop' }
const base64 = (text: string): string => Buffer.from(text).toString('base64')

const exported: KubeObject[] = [
  object('v1', 'Secret', 'db', {
    type: 'Opaque',
    data: { password: base64('Tr0ub4dor-and-3'), user: base64('shop') },
  }),
  object('v1', 'ConfigMap', 'settings', {
    data: {
      'app.yaml': 'db: postgres://shop:Tr0ub4dor-and-3@db.acme-prod:5432/shop\nmail: ops@acme-corp.com\n',
      callback: 'https://shop.acme-corp.com/callback',
      token: `Authorization: Bearer ${'kZ9f-Qw3x.'.repeat(4)}`,
      servers: '8.8.4.4, 10.1.2.3 and 203.0.113.7',
      file: 'nginx.conf and index.js stay, and so does orders.acme-prod.svc.cluster.local',
    },
  }),
  object('apps/v1', 'Deployment', 'web', {
    spec: {
      template: {
        metadata: { labels: { app: 'web' } },
        spec: {
          containers: [
            {
              name: 'web',
              image: 'registry.acme-corp.com:5000/shop/web:2.1',
              env: [{ name: 'PW', value: 'Tr0ub4dor-and-3' }],
            },
            { name: 'side', image: 'nginx:1.27' },
            { name: 'more', image: 'ghcr.io/org/more:1' },
          ],
        },
      },
    },
    status: { readyReplicas: 2 },
  }),
  object('v1', 'Service', 'web', {
    spec: {
      clusterIP: '10.96.1.2',
      clusterIPs: ['10.96.1.2'],
      selector: { app: 'web' },
      ports: [{ port: 80, nodePort: 30080 }],
    },
  }),
  object('rbac.authorization.k8s.io/v1', 'RoleBinding', 'admins', {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'edit' },
    subjects: [
      { kind: 'User', name: 'jane.doe', apiGroup: 'rbac.authorization.k8s.io' },
      { kind: 'Group', name: 'system:authenticated', apiGroup: 'rbac.authorization.k8s.io' },
      { kind: 'ServiceAccount', name: 'deployer', namespace: 'acme-prod' },
    ],
  }),
]

describe('scrubObjects', () => {
  const { objects, notes } = scrubObjects(exported, names)
  const text = JSON.stringify(objects)
  const find = (kind: string): KubeObject => objects.find((one) => one.kind === kind) as KubeObject
  const dataOf = (kind: string): Record<string, string> => find(kind)['data'] as Record<string, string>

  test.each([
    'Tr0ub4dor-and-3',
    base64('Tr0ub4dor-and-3'),
    'acme',
    'jane.doe',
    '8.8.4.4',
    'kZ9f',
    'uid-',
    'resourceVersion',
    'last-applied',
    '10.96.1.2',
    '30080',
    'readyReplicas',
  ])('leaves nothing of %s', (secret) => {
    expect(text).not.toContain(secret)
  })

  test('gives a value the same stand-in wherever it was', () => {
    const standIn = Buffer.from(dataOf('Secret')['password'] ?? '', 'base64').toString()
    expect(standIn).toMatch(/^stand-in-\d+$/)
    expect(dataOf('ConfigMap')['app.yaml']).toContain(`postgres://shop:${standIn}@db.shop:5432`)
    expect(JSON.stringify(find('Deployment'))).toContain(`{"name":"PW","value":"${standIn}"}`)
  })

  test('keeps what is nobody’s: files, private addresses, names in the cluster, public images', () => {
    const data = dataOf('ConfigMap')
    expect(data['servers']).toBe('203.0.113.1, 10.1.2.3 and 203.0.113.7')
    expect(data['file']).toBe('nginx.conf and index.js stay, and so does orders.shop.svc.cluster.local')
    expect(data['callback']).toMatch(/^https:\/\/host-\d+\.example\/callback$/)
    const deployment = JSON.stringify(find('Deployment'))
    expect(deployment).toContain('registry.example/shop/web:2.1')
    expect(deployment).toContain('nginx:1.27')
    expect(deployment).toContain('ghcr.io/org/more:1')
  })

  test('keeps service accounts and groups of Kubernetes, and gives people other names', () => {
    expect(find('RoleBinding')['subjects']).toEqual([
      { kind: 'User', name: 'user-1', apiGroup: 'rbac.authorization.k8s.io' },
      { kind: 'Group', name: 'system:authenticated', apiGroup: 'rbac.authorization.k8s.io' },
      { kind: 'ServiceAccount', name: 'deployer', namespace: 'shop' },
    ])
  })

  test('counts what it took out, and never says it', () => {
    expect(notes).toEqual(expect.arrayContaining(["2 x a Secret's value", '1 x mail address', '1 x private registry']))
    expect(notes.join('\n')).not.toContain('acme')
  })

  test('lets no value of a Secret through, wherever it stands', () => {
    const value = fc.stringMatching(/^[A-Za-z0-9!#%&*+=?^_~-]{8,24}$/)
    fc.assert(
      fc.property(value, fc.array(fc.string({ maxLength: 20 }), { maxLength: 4 }), (secret, around) => {
        const own = [
          object('v1', 'Secret', 's', { data: { key: base64(secret) } }),
          object('v1', 'ConfigMap', 'c', { data: { text: `${around.join(secret)}${secret}` } }),
        ]
        const out = JSON.stringify(scrubObjects(own, names).objects.map((one) => one['data']))
        return !out.includes(JSON.stringify(secret).slice(1, -1)) && !out.includes(base64(secret))
      }),
    )
  })
})

function object(apiVersion: string, kind: string, name: string, fields: Record<string, unknown>): KubeObject {
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      namespace: 'acme-prod',
      uid: `uid-${name}`,
      resourceVersion: '42',
      creationTimestamp: '2026-01-01T00:00:00Z',
      annotations: { 'kubectl.kubernetes.io/last-applied-configuration': '{"who": "jane.doe"}' },
    },
    ...fields,
  }
}
