/** One rule of a Role or ClusterRole. */
export interface RbacRule {
  apiGroups: string[]
  resources: string[]
  verbs: string[]
  resourceNames?: string[]
}

/** Verbs that look and verbs that change, as `read` and `write` mean them. */
export const readVerbs: readonly string[] = ['get', 'list', 'watch']
export const writeVerbs: readonly string[] = ['create', 'update', 'patch', 'delete', 'deletecollection']

const viewed: Record<string, string> = {
  '':
    'configmaps endpoints events limitranges persistentvolumeclaims pods pods/log pods/status replicationcontrollers ' +
    'resourcequotas serviceaccounts services',
  apps:
    'controllerrevisions daemonsets deployments deployments/scale replicasets replicasets/scale statefulsets ' +
    'statefulsets/scale',
  autoscaling: 'horizontalpodautoscalers',
  batch: 'cronjobs jobs',
  'discovery.k8s.io': 'endpointslices',
  'events.k8s.io': 'events',
  'metrics.k8s.io': 'pods',
  'networking.k8s.io': 'ingresses networkpolicies',
  policy: 'poddisruptionbudgets',
}

const edited: Record<string, string> = {
  '': 'configmaps persistentvolumeclaims pods replicationcontrollers secrets serviceaccounts services',
  apps: 'daemonsets deployments deployments/scale replicasets replicasets/scale statefulsets statefulsets/scale',
  autoscaling: 'horizontalpodautoscalers',
  batch: 'cronjobs jobs',
  'networking.k8s.io': 'ingresses networkpolicies',
  policy: 'poddisruptionbudgets',
}

/** Looking at everything of a namespace but its secrets. */
export const viewRules: readonly RbacRule[] = rulesOf(viewed, readVerbs)
/** What somebody who runs the applications of a namespace may do; no RBAC, no tokens, no impersonation. */
export const editRules: readonly RbacRule[] = [
  ...viewRules,
  ...rulesOf({ '': 'secrets' }, readVerbs),
  ...rulesOf(edited, writeVerbs),
  ...rulesOf({ '': 'pods/exec pods/attach pods/portforward' }, ['get', 'create']),
  ...rulesOf({ '': 'pods/eviction' }, ['create']),
  ...rulesOf({ '': 'pods/ephemeralcontainers' }, ['get', 'update', 'patch']),
]
/** What every agent may see of the cluster. */
export const clusterViewRules: readonly RbacRule[] = rulesOf(
  { '': 'namespaces nodes', 'metrics.k8s.io': 'nodes' },
  readVerbs,
)

function rulesOf(resources: Record<string, string>, verbs: readonly string[]): RbacRule[] {
  return Object.entries(resources).map(([group, names]) => ({
    apiGroups: [group],
    resources: names.split(' '),
    verbs: [...verbs],
  }))
}
