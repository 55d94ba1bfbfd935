import type { KubeObject } from '../base/kube-client.ts'
import { idOf, keyOfId, type ClusterState, type ObjectId } from './cluster-state.ts'

/** A snapshot that can be asked for single objects and for kinds. */
export interface StateIndex {
  state: ClusterState
  byKey: ReadonlyMap<string, KubeObject>
  get(id: ObjectId): KubeObject | undefined
  /** All objects of a kind; core kinds have unique names, so the group may be left out. */
  ofKind(kind: string, group?: string): readonly KubeObject[]
}

/** Indexes a snapshot by identity and by kind. */
export function indexState(state: ClusterState): StateIndex {
  const byKey = new Map<string, KubeObject>()
  const byKind = new Map<string, KubeObject[]>()
  for (const object of state.objects) {
    byKey.set(keyOfId(idOf(object)), object)
    const same = byKind.get(object.kind)
    if (same) same.push(object)
    else byKind.set(object.kind, [object])
  }
  return {
    state,
    byKey,
    get: (id) => byKey.get(keyOfId(id)),
    ofKind(kind, group) {
      const all = byKind.get(kind) ?? []
      return group === undefined ? all : all.filter((object) => idOf(object).group === group)
    },
  }
}
