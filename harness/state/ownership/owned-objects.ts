import { printId } from '../cluster-state.ts'
import type { Difference } from '../difference.ts'
import { changedOwnerOf, explain, isMadeBy, ownerOf, subjectOf, type Explanation, type World } from './world.ts'

/**
 * What controllers make from what they control: ReplicaSets of a Deployment, Pods of a ReplicaSet, EndpointSlices of a
 * Service. The owner must exist with the UID that the reference names, and the controller must have done it itself.
 */
export function explainOwned(difference: Difference, world: World): Explanation | undefined {
  const object = subjectOf(difference, world)
  const owner = object && ownerOf(object, world)
  if (!object || !owner) return undefined
  const cause = changedOwnerOf(object, world)
  const controllers = controllersOf[`${owner.id.kind}/${object.kind}`]
  if (controllers) {
    if (!isMadeBy(difference, ...controllers, ...always)) return undefined
    if (difference.by === undefined && !isUsualWithoutRecord(difference, owner.id.kind, cause !== undefined))
      return undefined
    return explain(`${difference.by?.name ?? controllers[0]} does this for ${printId(owner.id)}`, cause)
  }
  const isOperator = difference.by === undefined || difference.by.role === 'service-account'
  const isKubernetesOwn = owner.id.group === '' || !owner.id.group.includes('.')
  if (isKubernetesOwn || !isOperator) return undefined
  return explain(`${difference.by?.name ?? 'its operator'} does this for ${printId(owner.id)}`, cause)
}

/** Parts of the control plane that may touch any of these as long as the owner is real. */
const always = ['generic-garbage-collector', 'namespace-controller', 'apiserver']

const onPods = ['kubelet', 'pod-garbage-collector']

/** Which controllers act on what they own, as `owner's kind/kind`. */
const controllersOf: Record<string, string[]> = {
  'Deployment/ReplicaSet': ['deployment-controller'],
  'ReplicaSet/Pod': ['replicaset-controller', ...onPods],
  'ReplicationController/Pod': ['replication-controller', ...onPods],
  'StatefulSet/Pod': ['statefulset-controller', ...onPods],
  'StatefulSet/PersistentVolumeClaim': ['statefulset-controller', 'persistent-volume-binder'],
  'StatefulSet/ControllerRevision': ['statefulset-controller'],
  'DaemonSet/Pod': ['daemon-set-controller', ...onPods],
  'DaemonSet/ControllerRevision': ['daemon-set-controller'],
  'Job/Pod': ['job-controller', ...onPods],
  'CronJob/Job': ['cronjob-controller', 'job-controller', 'ttl-after-finished-controller'],
  'Node/Pod': ['kubelet'],
  'Node/CSINode': ['kubelet'],
  'Service/EndpointSlice': ['endpointslice-controller'],
  'Endpoints/EndpointSlice': ['endpointslicemirroring-controller'],
  'Pod/PersistentVolumeClaim': ['ephemeral-volume-controller', 'persistent-volume-binder'],
  'Pod/ResourceClaim': ['resource-claim-controller', 'scheduler'],
}

/**
 * Without an audit record: what came with a real owner is its controller's work; what went must have a reason, but for
 * jobs and slices, which come and go; and only what controllers write may have changed.
 */
function isUsualWithoutRecord(difference: Difference, ownerKind: string, hasCause: boolean): boolean {
  if (difference.path !== '' && difference.kind !== 'recreated') {
    const paths = controllerFields[difference.object.kind] ?? []
    return paths.some(
      (path) =>
        difference.path === path || difference.path.startsWith(`${path}.`) || difference.path.startsWith(`${path}[`),
    )
  }
  return difference.kind === 'added' || hasCause || ['CronJob', 'Job', 'Service', 'Endpoints'].includes(ownerKind)
}

const controllerFields: Record<string, string[]> = {
  ReplicaSet: ['spec.replicas'],
  Pod: ['spec.nodeName', 'metadata.finalizers'],
  Job: ['metadata.finalizers'],
  ControllerRevision: ['revision'],
  EndpointSlice: ['endpoints', 'ports', 'metadata.labels'],
  PersistentVolumeClaim: ['spec.volumeName', 'metadata.finalizers'],
}
