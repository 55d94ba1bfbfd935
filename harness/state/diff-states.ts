import type { KubeObject } from '../base/kube-client.ts'
import { idOf, keyOfId, type ClusterState, type ObjectId, type UnreadableKind } from './cluster-state.ts'
import { diffValues, type ValueDifference } from './diff-values.ts'
import type { Difference } from './difference.ts'
import { isEqual, own } from './json.ts'
import { normalizeObject } from './normalize-object.ts'
import { printPath } from './path.ts'
import { typesOf, type TypeFinder } from './types/known-types.ts'

/**
 * Everything that people would call a difference between two snapshots of one cluster, in order of identity. Kinds that
 * one of the snapshots could not read are left out.
 */
export function diffStates(
  before: ClusterState,
  after: ClusterState,
  typeOf: TypeFinder = typesOf(before, after),
): Difference[] {
  const unreadable = [...before.unreadable, ...after.unreadable]
  const pairs = new Map<string, { id: ObjectId; before?: KubeObject; after?: KubeObject }>()
  for (const object of before.objects) pairs.set(keyOfId(idOf(object)), { id: idOf(object), before: object })
  for (const object of after.objects) {
    const id = idOf(object)
    pairs.set(keyOfId(id), { ...pairs.get(keyOfId(id)), id, after: object })
  }
  return [...pairs.entries()]
    .filter(([, pair]) => !isAmong(pair.id, unreadable) && !isUntouched(pair.before, pair.after))
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, pair]) => diffObjects(pair.id, pair.before, pair.after, typeOf))
}

/** The differences of one object, or of its being there. */
function diffObjects(
  object: ObjectId,
  before: KubeObject | undefined,
  after: KubeObject | undefined,
  typeOf: TypeFinder,
): Difference[] {
  const was = before && normalizeObject(before, typeOf)
  const is = after && normalizeObject(after, typeOf)
  if (!was && !is) return []
  if (!was) return [{ object, path: '', kind: 'added', after: is }]
  if (!is) return [{ object, path: '', kind: 'removed', before: was }]
  return diffValues(was, is, typeOf(before)).map((difference) => toDifference(object, difference))
}

/** Whether a kind is one of those that could not be listed. */
function isAmong(id: { group: string; kind: string }, kinds: readonly UnreadableKind[]): boolean {
  return kinds.some((kind) => kind.group === id.group && (kind.kind === '*' || kind.kind === id.kind))
}

function toDifference(object: ObjectId, { path, before, after }: ValueDifference): Difference {
  const text = printPath(path)
  const isRecreation = text === 'metadata.uid' && before !== undefined && after !== undefined
  const kind = isRecreation ? 'recreated' : before === undefined ? 'added' : after === undefined ? 'removed' : 'changed'
  return {
    object,
    path: text,
    kind,
    ...(before === undefined ? {} : { before }),
    ...(after === undefined ? {} : { after }),
  }
}

/** Whether the server gave the very same content twice, which spares most objects the normal form. */
function isUntouched(before: KubeObject | undefined, after: KubeObject | undefined): boolean {
  if (!before || !after) return false
  const fields = new Set([...Object.keys(before), ...Object.keys(after)])
  fields.delete('status')
  fields.delete('metadata')
  const metadataFields = new Set([...Object.keys(before.metadata), ...Object.keys(after.metadata)])
  for (const field of ['resourceVersion', 'managedFields', 'generation']) metadataFields.delete(field)
  return (
    [...fields].every((field) => isEqual(own(before, field), own(after, field))) &&
    [...metadataFields].every((field) => isEqual(own(before.metadata, field), own(after.metadata, field)))
  )
}
