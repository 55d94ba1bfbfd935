import type { KubeObject } from '../../base/kube-client.ts'
import type { Entry } from '../../task/contract.ts'
import type { Dice } from '../../manifest/generate/dice.ts'
import type { Edit } from '../objects.ts'
import type { FaultKind } from '../split.ts'
import type { Feature } from '../worlds/features.ts'
import type { Link } from '../worlds/system-map.ts'
import type { World } from '../worlds/world.ts'

/** A way in which systems break: where it can strike, what it changes, how that shows, and how it is put right. */
export interface Operator {
  name: string
  kind: FaultKind
  /** What happened, for people who look at the solution. */
  cause: string
  /** What a world must have for it, in words; `find` is the same on objects. */
  needs: string
  /** What a good diagnosis looks at. */
  diagnosis: string
  /** The tempting wrong repairs, in words. */
  unsafeFamily: string
  /** A feature without which no world has a place for it. */
  feature?: Feature
  /** Every place of a world where it can strike; none when the world does not have what it needs. */
  find(world: World): Site[]
  strike(site: Site, world: World, dice: Dice): Strike
}

/** A place where a fault can strike. */
export interface Site {
  /** The workload that suffers. */
  workload: KubeObject
  /** The object that is changed, where that is another one. */
  object?: KubeObject
  link?: Link
}

/** A wrong repair: the lines of its script, in place of this fault's repair or after it. */
export interface UnsafeRepair {
  name: string
  because: string
  isBesides?: true
  lines: string[]
}

/** What a fault does to a world. */
export interface Strike {
  /** What breaks. */
  edits: Edit[]
  /** What was done in the same hour and is right: a repair leaves it as it is. */
  company?: Edit[]
  /** What puts it right, where that is not the way back. */
  repair?: Edit[]
  /** Lines of the oracle's script after its changes. */
  afterRepair?: string[]
  outcome: Entry[]
  symptom: Entry[]
  /** What else other correct repairs may touch. */
  mayChange?: Record<string, string[]>
  permissions?: string[]
  /** Protections that need words. */
  preserve?: Entry[]
  /** New power that the repair gives back. */
  mayGrant?: Record<string, string[]>
  unsafe: UnsafeRepair[]
  /** What people notice, without its cause: clauses of the story. */
  seen: string[]
  /** Clients whose requests fail. */
  isTraffic: boolean
  /** It keeps new pods of its namespace from coming, whatever else is repaired. */
  isGate?: true
  /** It leaves no room for other faults in the same world. */
  isAlone?: true
  /** What somebody on call knows besides, in a sentence of the story. */
  told?: string
  within?: string
  images?: { absent: string[] }
}
