/** API versions that older examples still use, what replaced them, and the release that stopped serving them. */
const removed: readonly [apiVersion: string, kinds: string, use: string, since: string][] = [
  ['extensions/v1beta1', 'Deployment DaemonSet ReplicaSet', 'apps/v1', '1.16'],
  ['apps/v1beta1', 'Deployment StatefulSet', 'apps/v1', '1.16'],
  ['apps/v1beta2', 'Deployment StatefulSet DaemonSet ReplicaSet', 'apps/v1', '1.16'],
  ['extensions/v1beta1', 'NetworkPolicy', 'networking.k8s.io/v1', '1.16'],
  ['extensions/v1beta1', 'Ingress', 'networking.k8s.io/v1', '1.22'],
  ['networking.k8s.io/v1beta1', 'Ingress IngressClass', 'networking.k8s.io/v1', '1.22'],
  [
    'rbac.authorization.k8s.io/v1beta1',
    'Role RoleBinding ClusterRole ClusterRoleBinding',
    'rbac.authorization.k8s.io/v1',
    '1.22',
  ],
  [
    'rbac.authorization.k8s.io/v1alpha1',
    'Role RoleBinding ClusterRole ClusterRoleBinding',
    'rbac.authorization.k8s.io/v1',
    '1.22',
  ],
  ['apiextensions.k8s.io/v1beta1', 'CustomResourceDefinition', 'apiextensions.k8s.io/v1', '1.22'],
  [
    'admissionregistration.k8s.io/v1beta1',
    'ValidatingWebhookConfiguration MutatingWebhookConfiguration',
    'admissionregistration.k8s.io/v1',
    '1.22',
  ],
  ['scheduling.k8s.io/v1beta1', 'PriorityClass', 'scheduling.k8s.io/v1', '1.22'],
  ['storage.k8s.io/v1beta1', 'StorageClass VolumeAttachment CSIDriver CSINode', 'storage.k8s.io/v1', '1.22'],
  ['batch/v1beta1', 'CronJob', 'batch/v1', '1.25'],
  ['batch/v2alpha1', 'CronJob', 'batch/v1', '1.21'],
  ['policy/v1beta1', 'PodDisruptionBudget', 'policy/v1', '1.25'],
  ['policy/v1beta1', 'PodSecurityPolicy', 'Pod Security admission', '1.25'],
  ['discovery.k8s.io/v1beta1', 'EndpointSlice', 'discovery.k8s.io/v1', '1.25'],
  ['autoscaling/v2beta1', 'HorizontalPodAutoscaler', 'autoscaling/v2', '1.25'],
  ['autoscaling/v2beta2', 'HorizontalPodAutoscaler', 'autoscaling/v2', '1.26'],
  [
    'admissionregistration.k8s.io/v1alpha1',
    'ValidatingAdmissionPolicy ValidatingAdmissionPolicyBinding',
    'admissionregistration.k8s.io/v1',
    '1.30',
  ],
  [
    'flowcontrol.apiserver.k8s.io/v1beta3',
    'FlowSchema PriorityLevelConfiguration',
    'flowcontrol.apiserver.k8s.io/v1',
    '1.32',
  ],
]

/** What to say of an API version that the server no longer serves; undefined when it never was one that we know. */
export function wordRemovedApi(apiVersion: string, kind: string): string | undefined {
  const row = removed.find(([version, kinds]) => version === apiVersion && kinds.split(' ').includes(kind))
  return row && `${apiVersion} of ${kind} was removed in Kubernetes ${row[3]}; use ${row[2]}`
}
