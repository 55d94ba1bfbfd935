import type { AuditEvent } from './audit-event.ts'

/** Who made a request that changed the cluster. */
export interface Author {
  /**
   * `agent`: the agent, by its own identity or by one it took; `controller`: a part of the control plane;
   * `service-account`: a workload; `other`: anybody else.
   */
  role: 'agent' | 'controller' | 'service-account' | 'other'
  /** A short name: `deployment-controller`, `kubelet`, or else the user name. */
  name: string
  user: string
  verb: string
  at: string
  auditId: string
}

/** The author of a request; `agents` are the user names behind which the agent may be. */
export function authorOf(event: AuditEvent, agents: ReadonlySet<string>): Author {
  const user = event.user.username
  const controller = controllerName(user, event.userAgent)
  const role = agents.has(user)
    ? 'agent'
    : controller !== undefined
      ? 'controller'
      : user.startsWith('system:serviceaccount:')
        ? 'service-account'
        : 'other'
  return {
    role,
    name: role === 'controller' ? (controller as string) : user,
    user,
    verb: event.objectRef?.subresource === 'eviction' ? 'evict' : event.verb,
    at: event.requestReceivedTimestamp,
    auditId: event.auditID,
  }
}

/** An author in words. */
export function printAuthor(author: Author): string {
  if (author.role !== 'agent') return author.name
  return `the agent (${author.user})`
}

function controllerName(user: string, userAgent: string | undefined): string | undefined {
  if (user.startsWith('system:node:')) return 'kubelet'
  if (user === 'system:kube-scheduler') return 'scheduler'
  if (user === 'system:apiserver') return 'apiserver'
  if (user === 'system:kube-controller-manager') {
    const name =
      /system:serviceaccount:kube-system:([a-z-]+)/.exec(userAgent ?? '')?.[1] ??
      /\/([a-z-]+)$/.exec(userAgent ?? '')?.[1]
    return name !== undefined && controllers.has(name) ? name : 'controller-manager'
  }
  const account = /^system:serviceaccount:kube-system:(.+)$/.exec(user)?.[1]
  return account !== undefined && controllers.has(account) ? account : undefined
}

/** The service accounts of the controller manager's controllers, as its bootstrap policy names them. */
const controllers = new Set([
  'attachdetach-controller',
  'bootstrap-signer',
  'certificate-controller',
  'cloud-provider',
  'clusterrole-aggregation-controller',
  'cronjob-controller',
  'daemon-set-controller',
  'deployment-controller',
  'device-taint-eviction-controller',
  'disruption-controller',
  'endpoint-controller',
  'endpointslice-controller',
  'endpointslicemirroring-controller',
  'ephemeral-volume-controller',
  'expand-controller',
  'generic-garbage-collector',
  'horizontal-pod-autoscaler',
  'job-controller',
  'legacy-service-account-token-cleaner',
  'namespace-controller',
  'node-controller',
  'persistent-volume-binder',
  'pod-garbage-collector',
  'podcertificaterequestcleaner-controller',
  'pv-protection-controller',
  'pvc-protection-controller',
  'replicaset-controller',
  'replication-controller',
  'resource-claim-controller',
  'resourcequota-controller',
  'root-ca-cert-publisher',
  'route-controller',
  'selinux-warning-controller',
  'service-account-controller',
  'service-cidrs-controller',
  'service-controller',
  'statefulset-controller',
  'storage-version-garbage-collector',
  'storage-version-migrator-controller',
  'taint-eviction-controller',
  'token-cleaner',
  'tokens-controller',
  'ttl-after-finished-controller',
  'ttl-controller',
  'validatingadmissionpolicy-status-controller',
  'vac-protection-controller',
])
