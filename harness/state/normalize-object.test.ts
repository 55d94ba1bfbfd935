import { describe, expect, test } from 'vitest'
import type { KubeObject } from '../base/kube-client.ts'
import { diffStates } from './diff-states.ts'
import { printDifference } from './difference.ts'
import { canonicalDuration } from './duration.ts'
import { canonicalQuantity } from './quantity.ts'
import { sample, sampleDeployment, stateOf, withChange } from './sample-objects.ts'

const web = sampleDeployment('web')
const main = ['spec', 'template', 'spec', 'containers', 0]
const pod = ['spec', 'template', 'spec']

describe('what a manifest leaves out is the same as what the API server fills in', () => {
  const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'c', image: 'x:1' }] } }
  const filled = {
    metadata: { labels: { app: 'x' }, creationTimestamp: null },
    spec: {
      containers: [
        {
          name: 'c',
          image: 'x:1',
          imagePullPolicy: 'IfNotPresent',
          resources: {},
          terminationMessagePath: '/dev/termination-log',
          terminationMessagePolicy: 'File',
        },
      ],
      dnsPolicy: 'ClusterFirst',
      restartPolicy: 'Always',
      schedulerName: 'default-scheduler',
      securityContext: {},
      terminationGracePeriodSeconds: 30,
    },
  }
  const rolling = { rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' }, type: 'RollingUpdate' }
  const jobDefaults = { backoffLimit: 6, completionMode: 'NonIndexed', completions: 1, parallelism: 1, suspend: false }
  const rbacGroup = 'rbac.authorization.k8s.io'

  const cases: [apiVersion: string, kind: string, manifest: object, live: object][] = [
    [
      'apps/v1',
      'Deployment',
      { spec: { template } },
      {
        spec: {
          replicas: 1,
          template: filled,
          strategy: rolling,
          revisionHistoryLimit: 10,
          progressDeadlineSeconds: 600,
        },
      },
    ],
    [
      'apps/v1',
      'StatefulSet',
      {
        spec: {
          template,
          volumeClaimTemplates: [{ metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } }],
        },
      },
      {
        spec: {
          replicas: 1,
          template: filled,
          podManagementPolicy: 'OrderedReady',
          revisionHistoryLimit: 10,
          updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
          persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
          volumeClaimTemplates: [
            {
              apiVersion: 'v1',
              kind: 'PersistentVolumeClaim',
              metadata: { name: 'data', creationTimestamp: null },
              spec: { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem' },
              status: { phase: 'Pending' },
            },
          ],
        },
      },
    ],
    [
      'apps/v1',
      'DaemonSet',
      { spec: { template } },
      {
        spec: {
          template: filled,
          revisionHistoryLimit: 10,
          updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } },
        },
      },
    ],
    ['batch/v1', 'Job', { spec: { template } }, { spec: { template: filled, ...jobDefaults } }],
    [
      'batch/v1',
      'CronJob',
      { spec: { schedule: '@daily', jobTemplate: { spec: { template, completions: 1, parallelism: 1 } } } },
      {
        spec: {
          schedule: '@daily',
          concurrencyPolicy: 'Allow',
          failedJobsHistoryLimit: 1,
          successfulJobsHistoryLimit: 3,
          suspend: false,
          jobTemplate: { metadata: { creationTimestamp: null }, spec: { template: filled, ...jobDefaults } },
        },
      },
    ],
    [
      'v1',
      'Service',
      { spec: { ports: [{ port: 80 }] } },
      {
        spec: {
          type: 'ClusterIP',
          sessionAffinity: 'None',
          internalTrafficPolicy: 'Cluster',
          ports: [{ port: 80, targetPort: 80, protocol: 'TCP' }],
        },
      },
    ],
    [
      'networking.k8s.io/v1',
      'NetworkPolicy',
      { spec: { podSelector: {}, egress: [{ ports: [{ port: 53 }] }] } },
      {
        spec: {
          podSelector: {},
          egress: [{ ports: [{ port: 53, protocol: 'TCP' }] }],
          policyTypes: ['Ingress', 'Egress'],
        },
      },
    ],
    [
      'autoscaling/v2',
      'HorizontalPodAutoscaler',
      { spec: { maxReplicas: 3 } },
      {
        spec: {
          minReplicas: 1,
          maxReplicas: 3,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } } },
          ],
        },
      },
    ],
    [
      'rbac.authorization.k8s.io/v1',
      'RoleBinding',
      { roleRef: { kind: 'Role', name: 'r' }, subjects: [{ kind: 'User', name: 'u' }] },
      {
        roleRef: { apiGroup: rbacGroup, kind: 'Role', name: 'r' },
        subjects: [{ apiGroup: rbacGroup, kind: 'User', name: 'u' }],
      },
    ],
    ['v1', 'Secret', { stringData: { password: 'x' } }, { type: 'Opaque', data: { password: 'eA==' } }],
    [
      'v1',
      'PersistentVolumeClaim',
      { spec: { accessModes: ['ReadWriteOnce'] } },
      { spec: { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem' } },
    ],
  ]
  test.each(cases)('%s %s', (apiVersion, kind, manifest, live) => {
    const of = (fields: object): KubeObject => sample(apiVersion, kind, 'x', { ...fields })
    expect(differences(of(manifest), of(live))).toEqual([])
  })
})

describe('order', () => {
  const env = (...values: [string, string][]): KubeObject =>
    withChange(
      web,
      [...main, 'env'],
      values.map(([name, value]) => ({ name, value })),
    )

  test('of variables means nothing while none names another', () => {
    expect(differences(env(['A', '1'], ['B', '2']), env(['B', '2'], ['A', '1']))).toEqual([])
  })

  test('of a variable and the one that it names does', () => {
    const now = env(['B', '$(A)'], ['A', '1'])
    expect(differences(env(['A', '1'], ['B', '$(A)']), now)).toHaveLength(1)
    expect(differences(env(['A', '1'], ['B', '$(A)'], ['C', '3']), env(['C', '3'], ['A', '1'], ['B', '$(A)']))).toEqual(
      [],
    )
    expect(differences(env(['A', '1'], ['B', '$$(A)']), env(['B', '$$(A)'], ['A', '1']))).toEqual([])
  })

  test('of init containers means something, of containers it does not', () => {
    const two = [
      { name: 'a', image: 'a:1' },
      { name: 'b', image: 'b:1' },
    ]
    const init = (list: object[]): KubeObject => withChange(web, [...pod, 'initContainers'], list)
    const plain = (list: object[]): KubeObject => withChange(web, [...pod, 'containers'], list)
    expect(differences(init(two), init(two.toReversed()))).toHaveLength(1)
    expect(differences(plain(two), plain(two.toReversed()))).toEqual([])
  })

  test('of arguments means something', () => {
    const args = (list: string[]): KubeObject => withChange(web, [...main, 'args'], list)
    expect(differences(args(['a', 'b']), args(['b', 'a']))).toHaveLength(1)
  })
})

describe('a difference names the place as contract.yaml would', () => {
  test.each<[string, (string | number)[], unknown, string]>([
    [
      'a variable',
      [...main, 'env', 0, 'value'],
      'off',
      'spec.template.spec.containers[name=main].env[name=MODE].value',
    ],
    [
      'a new variable',
      [...main, 'env', 1],
      { name: 'X', value: '1' },
      'spec.template.spec.containers[name=main].env[name=X]',
    ],
    [
      'a port',
      [...main, 'ports', 0, 'hostPort'],
      80,
      'spec.template.spec.containers[name=main].ports[containerPort=8080,protocol=TCP].hostPort',
    ],
    ['an annotation with dots', ['metadata', 'annotations', 'a.b/c'], 'x', 'metadata.annotations["a.b/c"]'],
    [
      'a limit',
      [...main, 'resources', 'limits', 'memory'],
      '128Mi',
      'spec.template.spec.containers[name=main].resources.limits.memory',
    ],
    [
      'a probe as a whole',
      [...main, 'readinessProbe'],
      undefined,
      'spec.template.spec.containers[name=main].readinessProbe',
    ],
  ])('%s', (_, path, value, expected) => {
    const found = diffStates(stateOf([web]), stateOf([withChange(web, path, value)]))
    expect(found.map((one) => one.path)).toEqual([expected])
  })
})

describe('custom resources', () => {
  const definition = sample('apiextensions.k8s.io/v1', 'CustomResourceDefinition', 'widgets.example.com', {
    spec: {
      group: 'example.com',
      names: { kind: 'Widget' },
      versions: [
        {
          name: 'v1',
          schema: {
            openAPIV3Schema: {
              properties: {
                spec: {
                  properties: {
                    tags: { items: { type: 'string' }, 'x-kubernetes-list-type': 'set' },
                    steps: { items: { type: 'string' } },
                    parts: {
                      items: { properties: { name: {}, size: { default: 1 } } },
                      'x-kubernetes-list-type': 'map',
                      'x-kubernetes-list-map-keys': ['name'],
                    },
                    every: { type: 'string', format: 'duration' },
                    disk: {
                      'x-kubernetes-int-or-string': true,
                      pattern: '^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))$',
                    },
                  },
                },
              },
            },
          },
        },
      ],
    },
  })
  const widget = (spec: object): KubeObject => sample('example.com/v1', 'Widget', 'w', { spec })
  const compare = (a: object, b: object): string[] =>
    diffStates(stateOf([definition, widget(a)]), stateOf([definition, widget(b)])).map(({ path }) => path)

  test('are compared as their schema says', () => {
    expect(compare({ tags: ['a', 'b'] }, { tags: ['b', 'a'] })).toEqual([])
    expect(compare({ every: '60s', disk: '1024Mi' }, { every: '1m0s', disk: '1Gi' })).toEqual([])
    expect(
      compare({ parts: [{ name: 'a' }, { name: 'b' }] }, { parts: [{ name: 'b', size: 1 }, { name: 'a' }] }),
    ).toEqual([])
    expect(compare({ steps: ['a', 'b'] }, { steps: ['b', 'a'] })).toEqual(['spec.steps'])
    expect(compare({ parts: [{ name: 'a', size: 1 }] }, { parts: [{ name: 'a', size: 2 }] })).toEqual([
      'spec.parts[name=a].size',
    ])
  })
})

test('a field with a name that means something to JavaScript is a field like any other', () => {
  const config = (data: string): KubeObject =>
    sample('v1', 'ConfigMap', 'c', JSON.parse(`{"data":${data}}`) as object as Record<string, unknown>)
  expect(differences(config('{"__proto__":"a"}'), config('{"__proto__":"b"}'))).toHaveLength(1)
  expect(differences(config('{"constructor":"a"}'), config('{}'))).toHaveLength(1)
})

test.each([
  ['1', '1000m', true],
  ['1Gi', '1024Mi', true],
  ['1Gi', '1073741824', true],
  [2, '2000m', true],
  ['0.5', '500m', true],
  ['1e3', '1k', true],
  ['1000Ki', '1024k', true],
  ['1G', '1Gi', false],
  ['100m', '100M', false],
  ['0', '0Mi', true],
  ['.5', '500m', true],
  ['-1', '-1000m', true],
])('the quantities %s and %s are the same: %s', (a, b, expected) => {
  expect(canonicalQuantity(a) === canonicalQuantity(b)).toBe(expected)
})

test('what is no quantity stays as it is', () => {
  expect([canonicalQuantity('one'), canonicalQuantity(''), canonicalQuantity('1 Gi')]).toEqual(['one', '', '1 Gi'])
})

test.each([
  ['60s', '1m0s', true],
  ['1h', '60m', true],
  ['1.5s', '1500ms', true],
  ['1m', '1ms', false],
])('the durations %s and %s are the same: %s', (a, b, expected) => {
  expect(canonicalDuration(a) === canonicalDuration(b)).toBe(expected)
})

function differences(before: KubeObject, after: KubeObject): string[] {
  return diffStates(stateOf([before]), stateOf([after])).map(printDifference)
}
