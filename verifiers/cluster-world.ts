import type { KubeObject } from '../harness/base/kube-client.ts'

/**
 * A small cluster full of things that work and things that do not, for the test of the library: every check finds
 * something to be met by and something not to be.
 */
export function createClusterWorld(): KubeObject[] {
  return [namespace('shop'), namespace('vault'), ...settings(), ...workloads(), ...network(), ...access(), ...others()]
}

/** Lets only some in to the orders: what comes from others was let in before, and is not after. */
export const ordersPolicy: KubeObject = {
  apiVersion: 'networking.k8s.io/v1',
  kind: 'NetworkPolicy',
  metadata: { name: 'orders', namespace: 'shop' },
  spec: {
    podSelector: { matchLabels: { app: 'orders' } },
    policyTypes: ['Ingress'],
    ingress: [
      {
        from: [
          { podSelector: { matchExpressions: [{ key: 'app', operator: 'In', values: ['web', 'python'] }] } },
          { namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'projectcontour' } } },
        ],
      },
    ],
  },
}

/** The custom kind of the world, which has to be served before its objects can be made. */
export const widgetKind: KubeObject = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.example.com' },
  spec: {
    group: 'example.com',
    scope: 'Namespaced',
    names: { kind: 'Widget', plural: 'widgets', singular: 'widget' },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        subresources: { status: {} },
        schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
      },
    ],
  },
}

/** Two custom objects whose status the test writes. */
export const widgets: KubeObject[] = ['good', 'bad'].map((name) => ({
  apiVersion: 'example.com/v1',
  kind: 'Widget',
  metadata: { name, namespace: 'shop' },
  spec: { size: 1 },
}))

function settings(): KubeObject[] {
  return [
    { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'settings', namespace: 'shop' }, data: { MODE: 'live' } },
    quota('roomy', { pods: '50' }),
    quota('tight', { pods: '0' }, 'vault'),
  ]
}

function workloads(): KubeObject[] {
  const echo = { name: 'main', image: 'kubemend/echo:1' }
  const ready = { readinessProbe: { httpGet: { path: '/readyz', port: 8080 }, periodSeconds: 1 } }
  const resources = { requests: { cpu: '5m', memory: '8Mi' } }
  const shell = { name: 'main', image: 'busybox:1.36', resources }
  const sleep = { ...shell, command: ['sleep', '100000'] }
  const keeper = {
    ...shell,
    command: ['sh', '-c', 'test -f /data/orders || echo 1001,paid >/data/orders; echo started; exec sleep 100000'],
    env: [{ name: 'MODE', valueFrom: { configMapKeyRef: { name: 'settings', key: 'MODE' } } }],
    volumeMounts: [{ name: 'data', mountPath: '/data' }],
  }
  const replicas = (count: number): Record<string, unknown> => ({ replicas: count })
  return [
    workload('Deployment', 'orders', { ...echo, args: ['--name=orders', '--text=order ok'], ...ready }, replicas(2)),
    workload('Deployment', 'web', sleep, replicas(1)),
    workload('Deployment', 'guest', sleep, replicas(1)),
    workload('Deployment', 'python', { ...sleep, image: 'python:3.12' }, replicas(1)),
    workload('Deployment', 'broken', { ...echo, image: 'kubemend/echo:none', imagePullPolicy: 'Never' }, replicas(1)),
    workload('Deployment', 'unready', { ...echo, args: ['--ready=false'], ...ready }, replicas(1)),
    workload('StatefulSet', 'db', keeper, {
      replicas: 1,
      serviceName: 'db',
      volumeClaimTemplates: [
        {
          metadata: { name: 'data' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } },
        },
      ],
    }),
    workload(
      'StatefulSet',
      'stuck',
      { ...sleep, image: 'busybox:none', imagePullPolicy: 'Never' },
      {
        replicas: 1,
        serviceName: 'db',
      },
    ),
    workload('DaemonSet', 'agent', sleep, {}),
    workload('DaemonSet', 'nowhere', sleep, {}, { nodeSelector: { disk: 'none' } }),
    job('done', ['true']),
    job('failing', ['sh', '-c', 'exit 3']),
    cronjob('tick', false),
    cronjob('off', true),
    pod('homeless', sleep, { nodeSelector: { disk: 'none' } }),
    claim('waiting', { storageClassName: 'none' }),
  ]
}

function network(): KubeObject[] {
  return [
    service('orders', 'orders'),
    service('lost', 'order'),
    service('silent', 'unready'),
    ingress('orders', 'shop.example', 'orders'),
    ingress('lost', 'lost.example', 'lost'),
  ]
}

function access(): KubeObject[] {
  const apiVersion = 'rbac.authorization.k8s.io/v1'
  const metadata = { name: 'reporter', namespace: 'shop' }
  return [
    { apiVersion: 'v1', kind: 'ServiceAccount', metadata },
    {
      apiVersion,
      kind: 'Role',
      metadata,
      rules: [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get', 'list'] }],
    },
    {
      apiVersion,
      kind: 'RoleBinding',
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'reporter' },
      subjects: [{ kind: 'ServiceAccount', name: 'reporter', namespace: 'shop' }],
    },
  ]
}

function others(): KubeObject[] {
  return [autoscaler('web', 'web'), autoscaler('blind', 'nothing')]
}

function namespace(name: string): KubeObject {
  return { apiVersion: 'v1', kind: 'Namespace', metadata: { name } }
}

function quota(name: string, hard: Record<string, string>, where = 'shop'): KubeObject {
  return { apiVersion: 'v1', kind: 'ResourceQuota', metadata: { name, namespace: where }, spec: { hard } }
}

function workload(
  kind: string,
  name: string,
  container: Record<string, unknown>,
  spec: Record<string, unknown>,
  podSpec: Record<string, unknown> = {},
): KubeObject {
  const labels = { app: name }
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace: 'shop' },
    spec: {
      ...spec,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { ...podSpec, ...ends, containers: [container] } },
    },
  }
}

function job(name: string, command: string[]): KubeObject {
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name, namespace: 'shop' }, spec: jobSpec(command) }
}

function cronjob(name: string, suspend: boolean): KubeObject {
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name, namespace: 'shop' },
    spec: { schedule: '* * * * *', suspend, jobTemplate: { spec: jobSpec(['true']) } },
  }
}

function jobSpec(command: string[]): Record<string, unknown> {
  const containers = [{ name: 'main', image: 'busybox:1.36', command }]
  return { backoffLimit: 0, template: { spec: { ...ends, restartPolicy: 'Never', containers } } }
}

function pod(name: string, container: Record<string, unknown>, spec: Record<string, unknown>): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, namespace: 'shop' },
    spec: { ...spec, ...ends, containers: [container] },
  }
}

function claim(name: string, spec: Record<string, unknown>): KubeObject {
  const base = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Mi' } } }
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'shop' },
    spec: { ...base, ...spec },
  }
}

function service(name: string, app: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'shop' },
    spec: { selector: { app }, ports: [{ port: 80, targetPort: 8080 }] },
  }
}

function ingress(name: string, host: string, backend: string): KubeObject {
  const paths = [{ path: '/', pathType: 'Prefix', backend: { service: { name: backend, port: { number: 80 } } } }]
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata: { name, namespace: 'shop' },
    spec: { ingressClassName: 'contour', rules: [{ host, http: { paths } }] },
  }
}

function autoscaler(name: string, target: string): KubeObject {
  return {
    apiVersion: 'autoscaling/v2',
    kind: 'HorizontalPodAutoscaler',
    metadata: { name, namespace: 'shop' },
    spec: {
      minReplicas: 1,
      maxReplicas: 2,
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: target },
      metrics: [
        { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 90 } } },
      ],
    },
  }
}

const ends = { terminationGracePeriodSeconds: 1 }
