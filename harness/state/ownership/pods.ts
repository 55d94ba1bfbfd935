import type { KubeObject } from '../../base/kube-client.ts'
import { keyOfId, printId, type ObjectId } from '../cluster-state.ts'
import type { Difference } from '../difference.ts'
import { isObject, listAt, textAt } from '../json.ts'
import { isMentioned } from '../may-change.ts'
import { explain, isMadeBy, ownerOf, rootOf, type Explanation, type World } from './world.ts'

/**
 * Pods that may be replaced by hand without harm: those of a workload that the contract lets change, those that use an
 * object that it lets change, and those that did not work anyway.
 */
export function explainReplacedPod(difference: Difference, world: World): Explanation | undefined {
  const pod = world.before.get(difference.object)
  if (difference.object.kind !== 'Pod' || !pod || !isGone(difference)) return undefined
  if (difference.by?.role === 'other') return undefined
  const owner = ownerOf(pod, world)
  if (!owner) return undefined
  const related = relatedTo(difference.object, pod, world)
  if (related) return explain(`the contract lets ${printId(related)} change, so this Pod may be replaced`, related)
  if (!isReady(pod)) return explain(`it was not Ready in the baseline, and ${printId(owner.id)} replaces it`)
  return undefined
}

/** Pods that a change of their node drove away. */
export function explainEvictedPod(difference: Difference, world: World): Explanation | undefined {
  const pod = world.before.get(difference.object)
  if (difference.object.kind !== 'Pod' || !pod || !isGone(difference) || difference.by === undefined) return undefined
  if (!isMadeBy(difference, 'taint-eviction-controller', 'node-controller', 'daemon-set-controller')) return undefined
  const node: ObjectId = { group: '', kind: 'Node', name: textAt(pod, 'spec', 'nodeName') ?? '' }
  return world.changesOf.has(keyOfId(node))
    ? explain(`${difference.by.name} moved it off ${printId(node)}`, node)
    : undefined
}

/** What happens to a pod that stays: the scheduler binds it, the kubelet and its controller keep notes. */
export function explainKeptPod(difference: Difference, world: World): Explanation | undefined {
  const { object, path, kind } = difference
  if (object.kind !== 'Pod' || path === '' || kind === 'recreated') return undefined
  const pod = world.after.get(object)
  const isBinding = path === 'spec.nodeName' || path.startsWith('metadata.annotations') || path.startsWith('status')
  if (isBinding && difference.by?.name === 'scheduler') return explain('the scheduler bound it')
  if (path === 'spec.nodeName' && kind === 'added' && difference.by === undefined)
    return explain('the scheduler bound it')
  const isAdoption = path.startsWith('metadata.ownerReferences') && pod && ownerOf(pod, world)
  if (isAdoption && difference.by?.role === 'controller') return explain(`${difference.by.name} took it over`)
  return undefined
}

/** The restart of a workload by its template's note, where its pods may be replaced anyway. */
export function explainRestart(difference: Difference, world: World): Explanation | undefined {
  const isNote = difference.path === 'spec.template.metadata.annotations["kubectl.kubernetes.io/restartedAt"]'
  const workload = world.before.get(difference.object)
  if (!isNote || !workload) return undefined
  const related = relatedTo(difference.object, workload, world)
  if (related) return explain(`the contract lets ${printId(related)} change, so its Pods may be restarted`, related)
  const pods = world.before
    .ofKind('Pod')
    .filter((pod) => keyOfId(rootOf(difference.object, pod, world).id) === keyOfId(difference.object))
  const wasBroken = pods.some((pod) => !isReady(pod))
  return wasBroken ? explain('some of its Pods were not Ready in the baseline') : undefined
}

/** The object that the contract lets change and that this pod or workload belongs to or uses. */
export function relatedTo(id: ObjectId, object: KubeObject, world: World): ObjectId | undefined {
  const root = rootOf(id, object, world)
  if (isMentioned(root.id, world.allowances)) return root.id
  return usedBy(object).find((used) => isMentioned(used, world.allowances))
}

/** Whether a pod was doing its work: Ready, or at its successful end. */
export function isReady(pod: KubeObject): boolean {
  if (textAt(pod, 'status', 'phase') === 'Succeeded') return true
  return listAt(pod, 'status', 'conditions').some(
    (condition) => textAt(condition, 'type') === 'Ready' && textAt(condition, 'status') === 'True',
  )
}

function isGone(difference: Difference): boolean {
  return (
    difference.kind === 'recreated' ||
    (difference.path === '' && difference.kind === 'removed') ||
    difference.path === 'metadata.deletionTimestamp'
  )
}

/** ConfigMaps, Secrets, claims and the service account that a pod or a template names. */
function usedBy(object: KubeObject): ObjectId[] {
  const { namespace } = object.metadata
  if (namespace === undefined) return []
  const found: ObjectId[] = []
  const add = (kind: string, name: unknown): void => {
    if (typeof name === 'string') found.push({ group: '', kind, namespace, name })
  }
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit)
    if (!isObject(value)) return
    for (const [field, child] of Object.entries(value)) {
      if (field === 'configMapRef' || field === 'configMapKeyRef' || field === 'configMap')
        add('ConfigMap', textAt(child, 'name'))
      if (field === 'secretRef' || field === 'secretKeyRef') add('Secret', textAt(child, 'name'))
      if (field === 'secret') add('Secret', textAt(child, 'secretName') ?? textAt(child, 'name'))
      if (field === 'persistentVolumeClaim') add('PersistentVolumeClaim', textAt(child, 'claimName'))
      if (field === 'serviceAccountName') add('ServiceAccount', child)
      visit(child)
    }
  }
  visit(object['spec'])
  return found
}
