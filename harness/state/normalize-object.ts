import type { KubeObject } from '../base/kube-client.ts'
import { idOf, keyOfId, type ClusterState } from './cluster-state.ts'
import { normalizeValue } from './normalize-value.ts'
import { typesOf, type TypeFinder } from './types/known-types.ts'

/** An object without status and bookkeeping, in the one form of all objects that Kubernetes treats as equal. */
export function normalizeObject(object: KubeObject, typeOf: TypeFinder): KubeObject {
  const { status: _, ...rest } = object
  return normalizeValue(rest, typeOf(object)) as KubeObject
}

/** A whole state in normal form: every object normalized, in order of identity. */
export function normalizeState(state: ClusterState, typeOf: TypeFinder = typesOf(state)): ClusterState {
  const objects = state.objects.map((object) => ({
    key: keyOfId(idOf(object)),
    object: normalizeObject(object, typeOf),
  }))
  objects.sort((a, b) => (a.key < b.key ? -1 : 1))
  return { ...state, objects: objects.map(({ object }) => object) }
}
