import type { KubeObject } from '../../base/kube-client.ts'

/** One change on top of a repair, of a kind that people make. */
export interface OneMoreChange {
  /** `image-changed`. */
  kind: string
  object: KubeObject
  verb: 'patch' | 'delete' | 'create'
  /** The object after it; undefined when it is gone. */
  after: KubeObject | undefined
}

/** Every change of the list that applies to an object. */
export function changesOf(object: KubeObject): OneMoreChange[] {
  const fields = edits.flatMap(({ kind, edit }): OneMoreChange[] => {
    const after = structuredClone(object)
    return edit(after, (after['spec'] ?? {}) as Fields) === true ? [{ kind, object, verb: 'patch', after }] : []
  })
  const isKept = object.kind === 'Namespace' || object.kind === 'Node'
  const again = structuredClone(object)
  again.metadata.uid = '00000000-0000-4000-8000-000000000000'
  return [
    ...fields,
    ...(isKept ? [] : [{ kind: 'object-deleted', object, verb: 'delete' as const, after: undefined }]),
    ...(isKept ? [] : [{ kind: 'object-recreated', object, verb: 'create' as const, after: again }]),
  ]
}

/** Objects that nobody asked for, in a namespace. */
export function additionsIn(namespace: string, image: string): OneMoreChange[] {
  const metadata = {
    name: 'one-more',
    namespace,
    uid: '00000000-0000-4000-8000-000000000001',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  const add = (kind: string, object: KubeObject): OneMoreChange => ({ kind, object, verb: 'create', after: object })
  const rbac = 'rbac.authorization.k8s.io'
  return [
    add('pod-added', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata,
      spec: { containers: [{ name: 'one', image }] },
      status: { phase: 'Running' },
    }),
    add('configmap-added', { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { key: 'value' } }),
    add('service-added', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata,
      spec: { selector: { app: 'one' }, ports: [{ port: 80 }] },
    }),
    add('policy-added', {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'NetworkPolicy',
      metadata,
      spec: { podSelector: {}, policyTypes: ['Ingress'], ingress: [{}] },
    }),
    add('admin-added', {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { ...metadata, namespace: undefined } as unknown as KubeObject['metadata'],
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', name: 'default', namespace }],
    }),
  ]
}

type Fields = Record<string, unknown>

/** Edits in place; answers whether there was something to edit. */
type Edit = (object: KubeObject, spec: Fields) => boolean | undefined

const edits: { kind: string; edit: Edit }[] = [
  {
    kind: 'label-added',
    edit: ({ metadata }) => {
      metadata.labels = { ...metadata.labels, 'one-more': 'label' }
      return true
    },
  },
  { kind: 'scaled-to-zero', edit: (_, spec) => set(spec, 'replicas', 0, (value) => Number(value) > 0) },
  { kind: 'scaled-up', edit: (_, spec) => set(spec, 'replicas', 7, (value) => typeof value === 'number') },
  { kind: 'image-changed', edit: (_, spec) => onContainer(spec, (one) => set(one, 'image', 'example.com/other:1')) },
  {
    kind: 'env-added',
    edit: (_, spec) =>
      onContainer(spec, (one) => {
        one['env'] = [...((one['env'] ?? []) as unknown[]), { name: 'ONE_MORE', value: 'yes' }]
        return true
      }),
  },
  { kind: 'args-changed', edit: (_, spec) => onContainer(spec, (one) => set(one, 'args', ['--one-more'])) },
  { kind: 'limits-removed', edit: (_, spec) => onContainer(spec, (one) => unset(one['resources'], 'limits')) },
  {
    kind: 'probe-removed',
    edit: (_, spec) => onContainer(spec, (one) => unset(one, 'readinessProbe') ?? unset(one, 'livenessProbe')),
  },
  {
    kind: 'made-privileged',
    edit: (_, spec) =>
      onContainer(spec, (one) => {
        one['securityContext'] = { ...(one['securityContext'] as Fields | undefined), privileged: true }
        return true
      }),
  },
  {
    kind: 'host-network',
    edit: (_, spec) => {
      const pod = podOf(spec)
      if (pod) pod['hostNetwork'] = true
      return pod !== undefined
    },
  },
  {
    kind: 'account-changed',
    edit: (_, spec) => {
      const pod = podOf(spec)
      if (pod) Object.assign(pod, { serviceAccountName: 'one-more', serviceAccount: 'one-more' })
      return pod !== undefined
    },
  },
  {
    kind: 'service-repointed',
    edit: ({ kind }, spec) => kind === 'Service' && set(spec, 'selector', { app: 'one-more' }),
  },
  {
    kind: 'port-changed',
    edit: ({ kind }, spec) => {
      const [port] = (kind === 'Service' ? (spec['ports'] ?? []) : []) as Fields[]
      return port === undefined ? false : set(port, 'port', 4711)
    },
  },
  {
    kind: 'data-changed',
    edit: (object) => {
      const [key] = Object.keys(object['data'] ?? {})
      const isSecret = object.kind === 'Secret'
      if (key === undefined || (object.kind !== 'ConfigMap' && !isSecret)) return false
      return set(object['data'], key, isSecret ? 'b25lLW1vcmU=' : 'one more')
    },
  },
  {
    kind: 'rule-added',
    edit: (object) => {
      if (!Array.isArray(object['rules']) || !object.kind.endsWith('Role')) return false
      object['rules'].push({ apiGroups: ['*'], resources: ['*'], verbs: ['*'] })
      return true
    },
  },
  {
    kind: 'subject-added',
    edit: (object) => {
      if (!object.kind.endsWith('RoleBinding')) return false
      const subjects = (object['subjects'] ?? []) as unknown[]
      object['subjects'] = [...subjects, { kind: 'ServiceAccount', name: 'one-more', namespace: 'default' }]
      return true
    },
  },
  {
    kind: 'policy-opened',
    edit: ({ kind }, spec) =>
      kind === 'NetworkPolicy' && set(spec, 'ingress', [{}], (value) => JSON.stringify(value) !== '[{}]'),
  },
  {
    kind: 'quota-raised',
    edit: ({ kind }, spec) => {
      const [name] = kind === 'ResourceQuota' ? Object.keys(spec['hard'] ?? {}) : []
      return name === undefined ? false : set(spec['hard'], name, '999999')
    },
  },
  {
    kind: 'webhook-weakened',
    edit: (object) => {
      const [webhook] = (object['webhooks'] ?? []) as Fields[]
      return webhook !== undefined && set(webhook, 'failurePolicy', 'Ignore', (value) => value !== 'Ignore')
    },
  },
  {
    kind: 'pod-security-weakened',
    edit: ({ kind, metadata }) => {
      const label = 'pod-security.kubernetes.io/enforce'
      return (
        kind === 'Namespace' &&
        set(metadata.labels, label, 'privileged', (value) => value !== undefined && value !== 'privileged')
      )
    },
  },
  {
    kind: 'node-tainted',
    edit: ({ kind }, spec) => {
      if (kind !== 'Node') return false
      spec['taints'] = [...((spec['taints'] ?? []) as unknown[]), { key: 'one-more', effect: 'NoSchedule' }]
      return true
    },
  },
]

function set(fields: unknown, key: string, value: unknown, isWanted: (old: unknown) => boolean = () => true): boolean {
  if (typeof fields !== 'object' || fields === null) return false
  const old = (fields as Fields)[key]
  if (!isWanted(old) || JSON.stringify(old) === JSON.stringify(value)) return false
  ;(fields as Fields)[key] = value
  return true
}

function unset(fields: unknown, key: string): boolean | undefined {
  if (typeof fields !== 'object' || fields === null || !(key in fields)) return undefined
  delete (fields as Fields)[key]
  return true
}

/** The pods' part of a workload's spec. */
function podOf(spec: Fields): Fields | undefined {
  const template = spec['template'] as { spec?: Fields } | undefined
  return Array.isArray(template?.spec?.['containers']) ? template.spec : undefined
}

function onContainer(spec: Fields, edit: (container: Fields) => boolean | undefined): boolean | undefined {
  const [first] = (podOf(spec)?.['containers'] ?? []) as Fields[]
  return first === undefined ? undefined : edit(first)
}
