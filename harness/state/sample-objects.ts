import type { KubeMetadata, KubeObject } from '../base/kube-client.ts'
import type { ClusterState } from './cluster-state.ts'
import type { JsonObject } from './json.ts'

/** A snapshot of these objects, for tests. */
export function stateOf(objects: KubeObject[], takenAt = '2026-01-01T00:00:00Z'): ClusterState {
  return { takenAt, objects, unreadable: [] }
}

/** An object as an API server gives it: with a UID of its own. */
export function sample(
  apiVersion: string,
  kind: string,
  name: string,
  fields: JsonObject = {},
  metadata: Partial<KubeMetadata> = {},
): KubeObject {
  const isClusterScoped = clusterScoped.has(kind)
  return {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(isClusterScoped ? {} : { namespace: 'shop' }),
      uid: `uid-${kind}-${metadata.namespace ?? 'shop'}-${name}`.toLowerCase(),
      resourceVersion: '1',
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...metadata,
    },
    ...fields,
  }
}

/** A deployment with one container, as an API server gives it. */
export function sampleDeployment(name: string, container: JsonObject = {}, spec: JsonObject = {}): KubeObject {
  const labels = { app: name }
  return sample('apps/v1', 'Deployment', name, {
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      template: {
        metadata: { labels },
        spec: {
          containers: [
            {
              name: 'main',
              image: `${name}:1`,
              imagePullPolicy: 'IfNotPresent',
              env: [{ name: 'MODE', value: 'on' }],
              ports: [{ containerPort: 8080, protocol: 'TCP' }],
              resources: { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '100m', memory: '64Mi' } },
              readinessProbe: {
                httpGet: { path: '/', port: 8080, scheme: 'HTTP' },
                periodSeconds: 10,
                timeoutSeconds: 1,
                successThreshold: 1,
                failureThreshold: 3,
              },
              ...container,
            },
          ],
          restartPolicy: 'Always',
          dnsPolicy: 'ClusterFirst',
        },
      },
      ...spec,
    },
    status: { replicas: 2, readyReplicas: 2 },
  })
}

/** The same object with another value somewhere; the path is of plain fields and list indexes. */
export function withChange(object: KubeObject, path: (string | number)[], value: unknown): KubeObject {
  const copy = structuredClone(object)
  let here: Record<string | number, unknown> = copy
  for (const step of path.slice(0, -1)) {
    here[step] ??= {}
    here = here[step] as Record<string | number, unknown>
  }
  const last = path.at(-1) as string | number
  if (value !== undefined) here[last] = value
  else if (Array.isArray(here)) here.splice(last as number, 1)
  else delete here[last]
  return copy
}

/** A ReplicaSet of a deployment and its pods, all owned as controllers do it. */
export function samplePodsOf(deployment: KubeObject, hash: string, count = 1): KubeObject[] {
  const spec = deployment['spec'] as { template: { metadata: { labels: Record<string, string> }; spec: JsonObject } }
  const labels = { ...spec.template.metadata.labels, 'pod-template-hash': hash }
  const namespace = deployment.metadata.namespace ?? 'shop'
  const set = sample(
    'apps/v1',
    'ReplicaSet',
    `${deployment.metadata.name}-${hash}`,
    {
      spec: {
        replicas: count,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: spec.template.spec },
      },
      status: { replicas: count, readyReplicas: count },
    },
    { namespace, labels, ownerReferences: [ownedBy(deployment)] },
  )
  const pods = Array.from({ length: count }, (_, i) =>
    sample(
      'v1',
      'Pod',
      `${set.metadata.name}-p${i}`,
      {
        spec: { ...spec.template.spec, nodeName: 'node-1' },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Ready', status: 'True' }],
          containerStatuses: [{ name: 'main', restartCount: 0, ready: true }],
        },
      },
      { namespace, labels, generateName: `${set.metadata.name}-`, ownerReferences: [ownedBy(set)] },
    ),
  )
  return [set, ...pods]
}

/** A controller's reference to an owner. */
export function ownedBy(owner: KubeObject): {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller: boolean
} {
  return {
    apiVersion: owner.apiVersion,
    kind: owner.kind,
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
  }
}

const clusterScoped = new Set([
  'Namespace',
  'Node',
  'PersistentVolume',
  'ClusterRole',
  'ClusterRoleBinding',
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'CustomResourceDefinition',
  'PriorityClass',
  'StorageClass',
])
