import type { AddonName, Capabilities } from '../provider.ts'
import type { SmokeContext } from './smoke-context.ts'

/** What a cluster must have for a check to mean anything on it: a capability of its provider, or an add-on. */
export type SmokeNeed = BooleanCapability | AddonName

type BooleanCapability = {
  [K in keyof Capabilities]: Capabilities[K] extends boolean ? K : never
}[keyof Capabilities]

/** One thing that is true of every conformant cluster, and how to see it. */
export interface SmokeCheck {
  /** A sentence. */
  name: string
  needs?: SmokeNeed[]
  /** It mostly waits for the cluster's own clocks: it is started first and takes nobody's turn. */
  isWaiting?: true
  /** It changes what every pod of the cluster depends on: it runs alone, after all the others. */
  isExclusive?: true
  timeoutMs?: number
  /** Returns when it is so; throws what was seen instead. */
  run(ctx: SmokeContext): Promise<void>
}

/** The checks of one subject, in one file. */
export interface SmokeTheme {
  theme: string
  checks: SmokeCheck[]
}
