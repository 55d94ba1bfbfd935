import { z } from 'zod'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findNow, printObject, selectBefore, stateBefore } from './before.ts'
import { selectorsParam } from './selectors-param.ts'

/** Objects are still the very same. */
export const identityKept: Verifier = defineVerifier({
  name: 'identity-kept',
  summary: 'Objects that were there before are still there and are the same, not made anew under the same name.',
  params: z.strictObject({ objects: selectorsParam }),
  example: 'identity-kept: { objects: ["statefulset/db -n shop", "pvc/* -n shop"] }',
  details:
    'The comparison of the whole cluster protects the identity of everything that `may-change` does not name. Use this for what it ' +
    'names with `recreated` or a wide path, or as an invariant: then it must hold at every moment.',
  async verify({ objects }, context) {
    const before = stateBefore(context)
    if (isVerdict(before)) return before
    const meant = selectBefore(before, objects)
    if (meant.length === 0) return notMet(`nothing was called ${objects.join(' or ')} before`)
    const pairs = await Promise.all(meant.map(async (was) => ({ was, now: await findNow(context, was) })))
    for (const { was, now } of pairs) {
      const here = printObject(was)
      if (!now) return notMet(`${here} is gone`, { before: was.metadata.uid })
      if (now.metadata.uid !== was.metadata.uid) {
        return notMet(`${here} was deleted and made anew`, { before: was.metadata.uid, now: now.metadata.uid })
      }
    }
    return met(`all ${meant.length} objects are the same as before`, { objects: meant.map(printObject).slice(0, 20) })
  },
})
