import { isMentioned } from '../may-change.ts'
import type { Difference } from '../difference.ts'
import {
  explainDefinitionEnd,
  explainExpiredJob,
  explainNamespaceEnd,
  explainOrphanEnd,
  explainOrphaning,
} from './cascades.ts'
import {
  explainAggregation,
  explainApiServerObjects,
  explainAutoscaling,
  explainClaimOfSet,
  explainCredentials,
  explainEndpoints,
  explainNamespaceFurniture,
  explainNodes,
  explainOperators,
  explainVolumes,
} from './control-plane.ts'
import { explainOwned } from './owned-objects.ts'
import { explainEvictedPod, explainKeptPod, explainReplacedPod, explainRestart } from './pods.ts'
import { explain, type Explanation, type World } from './world.ts'

/** Why a difference that the contract does not name is no violation, or undefined when it is one. */
export function explainDifference(difference: Difference, world: World): Explanation | undefined {
  for (const rule of rules) {
    const explanation = rule(difference, world)
    if (explanation) return explanation
  }
  return undefined
}

const rules: ((difference: Difference, world: World) => Explanation | undefined)[] = [
  explainNamespaceEnd,
  explainOrphanEnd,
  explainOrphaning,
  explainDefinitionEnd,
  explainExpiredJob,
  explainReplacedPod,
  explainEvictedPod,
  explainKeptPod,
  explainRestart,
  explainOwned,
  explainEndpoints,
  explainApiServerObjects,
  explainClaimOfSet,
  explainVolumes,
  explainNamespaceFurniture,
  explainCredentials,
  explainAutoscaling,
  explainAggregation,
  explainNodes,
  explainOperators,
  explainNote,
]

/** A remark about the reason of a change, on an object that may change. */
function explainNote(difference: Difference, world: World): Explanation | undefined {
  const isNote = difference.path === 'metadata.annotations["kubernetes.io/change-cause"]'
  return isNote && isMentioned(difference.object, world.allowances)
    ? explain('it is a remark about the change')
    : undefined
}
