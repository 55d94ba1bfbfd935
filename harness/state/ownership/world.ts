import type { KubeObject } from '../../base/kube-client.ts'
import { groupOf, keyOfId, type ObjectId } from '../cluster-state.ts'
import type { Difference } from '../difference.ts'
import type { Allowance } from '../may-change.ts'
import type { StateIndex } from '../state-index.ts'

/** What the rules of ownership look at. */
export interface World {
  before: StateIndex
  after: StateIndex
  /** All differences, by the key of their object. */
  changesOf: ReadonlyMap<string, readonly Difference[]>
  allowances: readonly Allowance[]
}

/** Why a difference is nobody's fault, and the object whose change it follows from. */
export interface Explanation {
  because: string
  causedBy?: ObjectId
}

/** Groups differences by object for the rules. */
export function makeWorld(
  before: StateIndex,
  after: StateIndex,
  differences: readonly Difference[],
  allowances: readonly Allowance[],
): World {
  return { before, after, allowances, changesOf: Map.groupBy(differences, ({ object }) => keyOfId(object)) }
}

/** The object that a difference speaks of, as it is or else as it was. */
export function subjectOf(difference: Difference, world: World): KubeObject | undefined {
  return world.after.get(difference.object) ?? world.before.get(difference.object)
}

/** Whether a difference was made by one of these controllers; without an audit record, structure must do. */
export function isMadeBy({ by }: Difference, ...controllers: string[]): boolean {
  if (by === undefined) return true
  return by.role === 'controller' && (by.name === 'controller-manager' || controllers.includes(by.name))
}

/** The controlling owner of an object, when it exists or existed with that very UID. */
export function ownerOf(object: KubeObject, world: World): { id: ObjectId; object: KubeObject } | undefined {
  const reference = object.metadata.ownerReferences?.find((candidate) => candidate.controller)
  if (!reference) return undefined
  const group = groupOf(reference.apiVersion)
  const { namespace } = object.metadata
  const ids: ObjectId[] = [
    ...(namespace === undefined ? [] : [{ group, kind: reference.kind, namespace, name: reference.name }]),
    { group, kind: reference.kind, name: reference.name },
  ]
  for (const id of ids) {
    for (const state of [world.after, world.before]) {
      const owner = state.get(id)
      if (owner && owner.metadata.uid === reference.uid) return { id, object: owner }
    }
  }
  return undefined
}

/** The owner at the top: the Deployment of a Pod, the CronJob of a Job's Pod. */
export function rootOf(id: ObjectId, object: KubeObject, world: World): { id: ObjectId; object: KubeObject } {
  let here = { id, object }
  for (let depth = 0; depth < 8; depth++) {
    const owner = ownerOf(here.object, world)
    if (!owner) break
    here = owner
  }
  return here
}

/** The nearest owner that changed, with the reason for everything below it; the root when it did. */
export function changedOwnerOf(object: KubeObject, world: World): ObjectId | undefined {
  let changed: ObjectId | undefined
  let here = ownerOf(object, world)
  for (let depth = 0; here && depth < 8; depth++) {
    if (world.changesOf.has(keyOfId(here.id))) changed = here.id
    here = ownerOf(here.object, world)
  }
  return changed
}

/** An explanation with its cause, when there is one. */
export function explain(because: string, causedBy?: ObjectId): Explanation {
  return causedBy === undefined ? { because } : { because, causedBy }
}
