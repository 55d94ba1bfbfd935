import { idOf, keyOfId, printId, type ObjectId } from '../cluster-state.ts'
import type { Difference } from '../difference.ts'
import { fieldOf, isObject, listAt, textAt } from '../json.ts'
import { explain, isMadeBy, subjectOf, type Explanation, type World } from './world.ts'

/** Endpoints have no owner, but the name of their Service. */
export function explainEndpoints(difference: Difference, world: World): Explanation | undefined {
  if (difference.object.kind !== 'Endpoints') return undefined
  const service: ObjectId = { ...difference.object, kind: 'Service' }
  const found = world.after.get(service) ?? world.before.get(service)
  if (!found || !isMadeBy(difference, 'endpoint-controller', 'apiserver')) return undefined
  const isManaged = isObject(fieldOf(found, 'spec', 'selector')) || difference.by !== undefined
  return isManaged
    ? explain(`endpoint-controller does this for ${printId(service)}`, changed(service, world))
    : undefined
}

/** Slices of a Service without an owner: those of the API server itself. */
export function explainApiServerObjects(difference: Difference): Explanation | undefined {
  const { kind } = difference.object
  if (difference.by === undefined ? kind !== 'IPAddress' : difference.by.name !== 'apiserver') return undefined
  return apiServerKinds.has(kind) ? explain('the API server keeps it') : undefined
}

/** Claims of a StatefulSet carry its name and no owner. */
export function explainClaimOfSet(difference: Difference, world: World): Explanation | undefined {
  const { object } = difference
  if (object.kind !== 'PersistentVolumeClaim' || difference.kind !== 'added' || difference.path !== '') return undefined
  if (!isMadeBy(difference, 'statefulset-controller')) return undefined
  const set = world.after.ofKind('StatefulSet', 'apps').find(
    (candidate) =>
      candidate.metadata.namespace === object.namespace &&
      listAt(candidate, 'spec', 'volumeClaimTemplates').some((template) => {
        const prefix = `${textAt(template, 'metadata', 'name')}-${candidate.metadata.name}-`
        return object.name.startsWith(prefix) && /^\d+$/.test(object.name.slice(prefix.length))
      }),
  )
  return set && explain(`statefulset-controller does this for ${printId(idOf(set))}`, changed(idOf(set), world))
}

/** Volumes made for claims, and claims and volumes bound to each other. */
export function explainVolumes(difference: Difference, world: World): Explanation | undefined {
  const { object, path } = difference
  if (object.kind === 'PersistentVolumeClaim') {
    const isBinding =
      path === 'spec.volumeName' || path.startsWith('metadata.finalizers') || path === 'spec.storageClassName'
    const isMine = isMadeBy(
      difference,
      'persistent-volume-binder',
      'pvc-protection-controller',
      'expand-controller',
      'scheduler',
    )
    return isBinding && isMine ? explain('the claim is bound') : undefined
  }
  if (object.kind === 'VolumeAttachment') {
    return isMadeBy(difference, 'attachdetach-controller') ? explain('volumes follow their Pods') : undefined
  }
  if (object.kind !== 'PersistentVolume') return undefined
  const isProvisioner = difference.by === undefined || difference.by.role === 'service-account'
  if (
    !isProvisioner &&
    !isMadeBy(difference, 'persistent-volume-binder', 'pv-protection-controller', 'expand-controller')
  ) {
    return undefined
  }
  const isBookkeeping = path === '' || path.startsWith('spec.claimRef') || path.startsWith('metadata.finalizers')
  const reference = fieldOf(subjectOf(difference, world), 'spec', 'claimRef')
  const namespace = textAt(reference, 'namespace')
  const name = textAt(reference, 'name')
  if (!isBookkeeping || namespace === undefined || name === undefined) return undefined
  const claim: ObjectId = { group: '', kind: 'PersistentVolumeClaim', namespace, name }
  const uids = [world.after, world.before].map((state) => state.get(claim)?.metadata.uid)
  if (!uids.includes(textAt(reference, 'uid'))) return undefined
  if (difference.kind === 'removed' && path === '' && world.after.get(claim)) return undefined
  return explain(`it is the volume of ${printId(claim)}`, changed(claim, world))
}

/** What every new namespace gets. */
export function explainNamespaceFurniture(difference: Difference, world: World): Explanation | undefined {
  const { object } = difference
  const isRootCa = object.kind === 'ConfigMap' && object.name === 'kube-root-ca.crt'
  const isDefault = object.kind === 'ServiceAccount' && object.name === 'default'
  if (object.namespace === undefined || (!isRootCa && !isDefault)) return undefined
  const namespace: ObjectId = { group: '', kind: 'Namespace', name: object.namespace }
  const isNew = world.changesOf.get(keyOfId(namespace))?.some(({ path }) => path === '') === true
  if (difference.by === undefined && !isNew) return undefined
  return isMadeBy(difference, 'root-ca-cert-publisher', 'service-account-controller', 'namespace-controller')
    ? explain(`every namespace has it`, changed(namespace, world))
    : undefined
}

/** Tokens, certificates and requests for them. */
export function explainCredentials(difference: Difference): Explanation | undefined {
  const { kind } = difference.object
  if (difference.by === undefined) return undefined
  const isToken = (kind === 'Secret' || kind === 'ServiceAccount') && difference.path !== 'metadata.uid'
  if (isToken && difference.by.role === 'controller' && tokenKeepers.has(difference.by.name)) {
    return explain(`${difference.by.name} keeps tokens`)
  }
  if (kind === 'CertificateSigningRequest' || kind === 'PodCertificateRequest') {
    return isMadeBy(difference, 'kubelet', 'certificate-controller', 'podcertificaterequestcleaner-controller')
      ? explain('certificates are renewed')
      : undefined
  }
  return undefined
}

/** Replicas of a workload that an autoscaler of the baseline scales. */
export function explainAutoscaling(difference: Difference, world: World): Explanation | undefined {
  if (difference.path !== 'spec.replicas' || !isMadeBy(difference, 'horizontal-pod-autoscaler')) return undefined
  const { object } = difference
  const scaler = world.before
    .ofKind('HorizontalPodAutoscaler', 'autoscaling')
    .find(
      (candidate) =>
        candidate.metadata.namespace === object.namespace &&
        textAt(candidate, 'spec', 'scaleTargetRef', 'kind') === object.kind &&
        textAt(candidate, 'spec', 'scaleTargetRef', 'name') === object.name,
    )
  if (!scaler) return undefined
  const { minReplicas = 1, maxReplicas = 0 } = fieldOf(world.after.get(idOf(scaler)) ?? scaler, 'spec') as {
    minReplicas?: number
    maxReplicas?: number
  }
  const replicas = Number(difference.after)
  if (replicas < minReplicas || replicas > maxReplicas) return undefined
  return explain(`${printId(idOf(scaler))} scales it`, changed(idOf(scaler), world))
}

/** Rules of a ClusterRole that is the sum of others. */
export function explainAggregation(difference: Difference, world: World): Explanation | undefined {
  const { object } = difference
  if (object.kind !== 'ClusterRole' || !difference.path.startsWith('rules')) return undefined
  if (!isObject(world.before.get(object)?.['aggregationRule'])) return undefined
  if (!isMadeBy(difference, 'clusterrole-aggregation-controller')) return undefined
  return explain('it is the sum of other roles, which are judged themselves')
}

/** What nodes and those who watch them write on nodes. */
export function explainNodes(difference: Difference): Explanation | undefined {
  const { kind, name } = difference.object
  if (!['Node', 'CSINode', 'ResourceSlice', 'CSIStorageCapacity'].includes(kind) || difference.by === undefined)
    return undefined
  if (difference.by.name === 'kubelet' && difference.by.user !== `system:node:${name}` && kind === 'Node')
    return undefined
  return isMadeBy(
    difference,
    'kubelet',
    'node-controller',
    'ttl-controller',
    'cloud-provider',
    'attachdetach-controller',
    'route-controller',
  )
    ? explain(`${difference.by.name} keeps it up to date`)
    : undefined
}

/** Controllers that ran in the baseline, in pods of their own, and that the agent has not taken over. */
export function explainOperators(difference: Difference, world: World): Explanation | undefined {
  if (difference.by?.role !== 'service-account') return undefined
  const [, , namespace, name] = difference.by.user.split(':')
  if (namespace === undefined || name === undefined || name === 'default') return undefined
  const id: ObjectId = { group: '', kind: 'ServiceAccount', namespace, name }
  const isAsBefore = world.before.get(id)?.metadata.uid === world.after.get(id)?.metadata.uid
  const didRun = world.before
    .ofKind('Pod')
    .some((pod) => pod.metadata.namespace === namespace && textAt(pod, 'spec', 'serviceAccountName') === name)
  return isAsBefore && didRun ? explain(`${difference.by.user}, which ran in the baseline, did it`) : undefined
}

const apiServerKinds = new Set([
  'APIService',
  'ConfigMap',
  'Endpoints',
  'EndpointSlice',
  'FlowSchema',
  'IPAddress',
  'PriorityLevelConfiguration',
  'ServiceCIDR',
  'StorageVersion',
])

const tokenKeepers = new Set([
  'tokens-controller',
  'token-cleaner',
  'legacy-service-account-token-cleaner',
  'bootstrap-signer',
])

function changed(id: ObjectId, world: World): ObjectId | undefined {
  return world.changesOf.has(keyOfId(id)) ? id : undefined
}
