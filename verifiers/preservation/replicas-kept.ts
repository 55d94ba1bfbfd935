import { z } from 'zod'
import { fieldOf } from '../../harness/state/json.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findNow, printObject, selectBefore, stateBefore } from './before.ts'
import { selectorsParam } from './selectors-param.ts'

/** Workloads ask for as many replicas as before. */
export const replicasKept: Verifier = defineVerifier({
  name: 'replicas-kept',
  summary: 'Workloads ask for as many replicas as they did before.',
  params: z.strictObject({ objects: selectorsParam }),
  example: 'replicas-kept: { objects: ["deployment/* -n shop"] }',
  details: 'As an invariant it also sees a workload that was scaled down and up again.',
  async verify({ objects }, context) {
    const before = stateBefore(context)
    if (isVerdict(before)) return before
    const meant = selectBefore(before, objects).filter((object) => fieldOf(object, 'spec', 'replicas') !== undefined)
    if (meant.length === 0) return notMet(`nothing with replicas was called ${objects.join(' or ')} before`)
    const pairs = await Promise.all(meant.map(async (was) => ({ was, now: await findNow(context, was) })))
    const counts: Record<string, unknown> = {}
    for (const { was, now } of pairs) {
      const [then, here] = [fieldOf(was, 'spec', 'replicas'), fieldOf(now, 'spec', 'replicas')]
      counts[printObject(was)] = here
      if (!now) return notMet(`${printObject(was)} is gone`)
      if (then !== here)
        return notMet(
          `${printObject(was)} asks for ${JSON.stringify(here)} replicas, and did for ${JSON.stringify(then)}`,
        )
    }
    return met(`all ${meant.length} workloads ask for as many replicas as before`, counts)
  },
})
