/** A kind that every Kubernetes serves, with the names people call it by. */
export interface KubeKind {
  kind: string
  group: string
  plural: string
  shortNames: readonly string[]
  isNamespaced: boolean
}

/** Finds a built-in kind by what a person wrote: kind, singular, plural or short name, with or without its group. */
export function findKind(word: string): KubeKind | undefined {
  return byName.get(word.toLowerCase())
}

/** The built-in kind of an object, or undefined for a custom one. */
export function kindOf(object: { apiVersion: string; kind: string }): KubeKind | undefined {
  const group = groupOf(object.apiVersion)
  return builtInKinds.find((row) => row.kind === object.kind && row.group === group)
}

/** The group in an apiVersion: "" for core. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/')
  return slash < 0 ? '' : apiVersion.slice(0, slash)
}

/** Every word that `findKind` knows without a group. */
export function kindWords(): string[] {
  return [...byName.keys()].filter((word) => !word.includes('.'))
}

/** The kinds of a built-in group. */
export function kindsOfGroup(group: string): string[] {
  return builtInKinds.filter((row) => row.group === group).map((row) => row.kind)
}

const builtInKinds: readonly KubeKind[] = [
  ...kinds('', true, {
    ConfigMap: 'configmaps cm',
    Endpoints: 'endpoints ep',
    Event: 'events ev',
    LimitRange: 'limitranges limits',
    PersistentVolumeClaim: 'persistentvolumeclaims pvc',
    Pod: 'pods po',
    PodTemplate: 'podtemplates',
    ReplicationController: 'replicationcontrollers rc',
    ResourceQuota: 'resourcequotas quota',
    Secret: 'secrets',
    Service: 'services svc',
    ServiceAccount: 'serviceaccounts sa',
  }),
  ...kinds('', false, {
    Namespace: 'namespaces ns',
    Node: 'nodes no',
    PersistentVolume: 'persistentvolumes pv',
  }),
  ...kinds('apps', true, {
    ControllerRevision: 'controllerrevisions',
    DaemonSet: 'daemonsets ds',
    Deployment: 'deployments deploy',
    ReplicaSet: 'replicasets rs',
    StatefulSet: 'statefulsets sts',
  }),
  ...kinds('batch', true, { CronJob: 'cronjobs cj', Job: 'jobs' }),
  ...kinds('autoscaling', true, { HorizontalPodAutoscaler: 'horizontalpodautoscalers hpa' }),
  ...kinds('policy', true, { PodDisruptionBudget: 'poddisruptionbudgets pdb' }),
  ...kinds('networking.k8s.io', true, { Ingress: 'ingresses ing', NetworkPolicy: 'networkpolicies netpol' }),
  ...kinds('networking.k8s.io', false, {
    IngressClass: 'ingressclasses',
    IPAddress: 'ipaddresses ip',
    ServiceCIDR: 'servicecidrs',
  }),
  ...kinds('rbac.authorization.k8s.io', true, { Role: 'roles', RoleBinding: 'rolebindings' }),
  ...kinds('rbac.authorization.k8s.io', false, {
    ClusterRole: 'clusterroles',
    ClusterRoleBinding: 'clusterrolebindings',
  }),
  ...kinds('storage.k8s.io', true, { CSIStorageCapacity: 'csistoragecapacities' }),
  ...kinds('storage.k8s.io', false, {
    CSIDriver: 'csidrivers',
    CSINode: 'csinodes',
    StorageClass: 'storageclasses sc',
    VolumeAttachment: 'volumeattachments',
    VolumeAttributesClass: 'volumeattributesclasses vac',
  }),
  ...kinds('scheduling.k8s.io', false, { PriorityClass: 'priorityclasses pc' }),
  ...kinds('node.k8s.io', false, { RuntimeClass: 'runtimeclasses' }),
  ...kinds('coordination.k8s.io', true, { Lease: 'leases' }),
  ...kinds('discovery.k8s.io', true, { EndpointSlice: 'endpointslices' }),
  ...kinds('admissionregistration.k8s.io', false, {
    MutatingWebhookConfiguration: 'mutatingwebhookconfigurations',
    ValidatingAdmissionPolicy: 'validatingadmissionpolicies',
    ValidatingAdmissionPolicyBinding: 'validatingadmissionpolicybindings',
    ValidatingWebhookConfiguration: 'validatingwebhookconfigurations',
  }),
  ...kinds('apiextensions.k8s.io', false, { CustomResourceDefinition: 'customresourcedefinitions crd crds' }),
  ...kinds('apiregistration.k8s.io', false, { APIService: 'apiservices' }),
  ...kinds('certificates.k8s.io', false, { CertificateSigningRequest: 'certificatesigningrequests csr' }),
  ...kinds('flowcontrol.apiserver.k8s.io', false, {
    FlowSchema: 'flowschemas',
    PriorityLevelConfiguration: 'prioritylevelconfigurations',
  }),
]

const byName = new Map<string, KubeKind>(
  builtInKinds.flatMap((row) =>
    [row.kind.toLowerCase(), row.plural, ...row.shortNames].flatMap((name): [string, KubeKind][] =>
      row.group === ''
        ? [[name, row]]
        : [
            [name, row],
            [`${name}.${row.group}`, row],
          ],
    ),
  ),
)

/** Rows of one group: the kind, then its plural and its short names. */
function kinds(group: string, isNamespaced: boolean, rows: Record<string, string>): KubeKind[] {
  return Object.entries(rows).map(([kind, names]) => {
    const [plural = '', ...shortNames] = names.split(' ')
    return { kind, group, plural, shortNames, isNamespaced }
  })
}
