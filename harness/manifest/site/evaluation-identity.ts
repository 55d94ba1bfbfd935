import { KubeError, type KubeClient } from '../../base/kube-client.ts'

/** Names of what the evaluation keeps in a cluster. */
export const evaluation = {
  manager: 'kubemend-evaluation',
  role: 'kubemend-evaluation',
  wrapper: 'kubemend:evaluation-wrapper',
} as const

const rbac = '/apis/rbac.authorization.k8s.io/v1'
const write = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete']

/** What answers may make in their namespace; roles too, whatever they grant there. */
const namespacedRules = [
  {
    apiGroups: [''],
    resources: [
      'configmaps',
      'secrets',
      'serviceaccounts',
      'services',
      'endpoints',
      'persistentvolumeclaims',
      'pods',
      'resourcequotas',
      'limitranges',
      'replicationcontrollers',
    ],
    verbs: write,
  },
  { apiGroups: ['apps', 'batch', 'autoscaling', 'policy', 'networking.k8s.io'], resources: ['*'], verbs: write },
  {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['roles', 'rolebindings'],
    verbs: [...write, 'bind', 'escalate'],
  },
  { apiGroups: ['rbac.authorization.k8s.io'], resources: ['clusterroles'], verbs: ['bind'] },
]

/** What the wrapper makes for them where a kind has no namespace. */
const clusterRules = [
  { apiGroups: [''], resources: ['namespaces', 'persistentvolumes'], verbs: write },
  {
    apiGroups: ['rbac.authorization.k8s.io'],
    resources: ['clusterroles', 'clusterrolebindings'],
    verbs: [...write, 'bind', 'escalate'],
  },
  {
    apiGroups: ['admissionregistration.k8s.io'],
    resources: ['validatingadmissionpolicies', 'validatingadmissionpolicybindings'],
    verbs: write,
  },
  { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: write },
  { apiGroups: ['scheduling.k8s.io'], resources: ['priorityclasses'], verbs: write },
  { apiGroups: ['networking.k8s.io'], resources: ['ingressclasses'], verbs: write },
]

/** Makes what all evaluations of a cluster share; doing it again does no harm. */
export async function prepareEvaluation(client: KubeClient): Promise<void> {
  const role = (name: string, rules: unknown): unknown => ({
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name },
    rules,
  })
  await createOnce(client, `${rbac}/clusterroles`, role(evaluation.role, namespacedRules))
  await createOnce(client, `${rbac}/clusterroles`, role(`${evaluation.role}-wrapper`, clusterRules))
  await createOnce(client, `${rbac}/clusterrolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: `${evaluation.role}-wrapper` },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: `${evaluation.role}-wrapper` },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: evaluation.wrapper }],
  })
}

/** Lets the simulated account work in a namespace. */
export async function bindEvaluation(client: KubeClient, namespace: string, home: string): Promise<void> {
  await createOnce(client, `${rbac}/namespaces/${namespace}/rolebindings`, {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'RoleBinding',
    metadata: { name: evaluation.role, namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: evaluation.role },
    subjects: [{ kind: 'ServiceAccount', name: 'evaluation', namespace: home }],
  })
}

/** Headers that make a request that of the simulated account of a namespace. */
export function asEvaluation(namespace: string): Record<string, string> {
  return { 'impersonate-user': `system:serviceaccount:${namespace}:evaluation` }
}

/** Headers that make a request the wrapper's. */
export const asWrapper: Record<string, string> = { 'impersonate-user': evaluation.wrapper }

export async function createOnce(client: KubeClient, path: string, object: unknown): Promise<void> {
  try {
    await client.create(path, object)
  } catch (error) {
    if (!(error instanceof KubeError && error.status === 409)) throw error
  }
}
