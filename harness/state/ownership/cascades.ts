import type { KubeObject } from '../../base/kube-client.ts'
import { groupOf, idOf, keyOfId, printId, type ObjectId } from '../cluster-state.ts'
import type { Difference } from '../difference.ts'
import { textAt } from '../json.ts'
import { explain, isMadeBy, type Explanation, type World } from './world.ts'

/** What goes with its namespace. */
export function explainNamespaceEnd(difference: Difference, world: World): Explanation | undefined {
  const { namespace } = difference.object
  if (namespace === undefined || difference.kind !== 'removed' || difference.path !== '') return undefined
  const id: ObjectId = { group: '', kind: 'Namespace', name: namespace }
  const isEnding = world.changesOf
    .get(keyOfId(id))
    ?.some(
      ({ path, kind }) =>
        (path === '' && kind === 'removed') || kind === 'recreated' || path === 'metadata.deletionTimestamp',
    )
  if (!isEnding || !isMadeBy(difference, 'namespace-controller', 'generic-garbage-collector', 'kubelet', 'apiserver')) {
    return undefined
  }
  return explain(`it went with ${printId(id)}`, id)
}

/** What goes when its owner is gone; the owner must have been its owner in the baseline already. */
export function explainOrphanEnd(difference: Difference, world: World): Explanation | undefined {
  const object = world.before.get(difference.object)
  if (!object || difference.path !== '' || difference.kind !== 'removed') return undefined
  if (!isMadeBy(difference, 'generic-garbage-collector', 'kubelet', 'namespace-controller')) return undefined
  const gone = ownersBefore(object, world).find(
    (owner) => world.after.get(owner)?.metadata.uid !== world.before.get(owner)?.metadata.uid,
  )
  return gone && explain(`it went with its owner ${printId(gone)}`, gone)
}

/** A reference to an owner that is gone is taken away from what outlives it. */
export function explainOrphaning(difference: Difference, world: World): Explanation | undefined {
  const object = world.before.get(difference.object)
  const isReference =
    difference.path.startsWith('metadata.ownerReferences') || difference.path.startsWith('metadata.finalizers')
  if (!object || !isReference || difference.by === undefined) return undefined
  if (!isMadeBy(difference, 'generic-garbage-collector')) return undefined
  const gone = ownersBefore(object, world).find((owner) => !world.after.get(owner))
  return explain('the garbage collector keeps owner references in order', gone)
}

/** Custom objects that go with their definition. */
export function explainDefinitionEnd(difference: Difference, world: World): Explanation | undefined {
  if (difference.path !== '' || difference.kind !== 'removed' || difference.by?.role === 'agent') return undefined
  const definition = world.before
    .ofKind('CustomResourceDefinition')
    .find(
      (crd) =>
        textAt(crd, 'spec', 'group') === difference.object.group &&
        textAt(crd, 'spec', 'names', 'kind') === difference.object.kind,
    )
  const id = definition && idOf(definition)
  if (!id || world.after.get(id)?.metadata.uid === definition.metadata.uid) return undefined
  return explain(`it went with ${printId(id)}`, id)
}

/** Finished jobs that ask to be removed. */
export function explainExpiredJob(difference: Difference, world: World): Explanation | undefined {
  const job = world.before.get(difference.object)
  if (job?.kind !== 'Job' || difference.kind !== 'removed' || difference.path !== '') return undefined
  const spec = job['spec'] as { ttlSecondsAfterFinished?: number } | undefined
  if (spec?.ttlSecondsAfterFinished === undefined || !isMadeBy(difference, 'ttl-after-finished-controller'))
    return undefined
  return explain('its time after finishing was over')
}

function ownersBefore(object: KubeObject, world: World): ObjectId[] {
  return (object.metadata.ownerReferences ?? []).flatMap((reference) => {
    const group = groupOf(reference.apiVersion)
    const { namespace } = object.metadata
    const ids: ObjectId[] = [
      ...(namespace === undefined ? [] : [{ group, kind: reference.kind, namespace, name: reference.name }]),
      { group, kind: reference.kind, name: reference.name },
    ]
    return ids.filter((id) => world.before.get(id)?.metadata.uid === reference.uid)
  })
}
