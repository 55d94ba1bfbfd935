import { z } from 'zod'
import { objectAt } from '../../harness/state/json.ts'
import { parseQuantity } from '../../harness/state/quantity.ts'
import { nameParam, namespaceParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findObject } from './find-object.ts'

const quantity = z.union([z.string(), z.number()]).refine((value) => parseQuantity(value) !== undefined, {
  error: (issue) => `expected a quantity such as 500m or 1Gi, got ${JSON.stringify(issue.input)}`,
})

/** What is used fits into a quota, with room for more. */
export const quotaFits: Verifier = defineVerifier({
  name: 'quota-fits',
  summary: 'What a namespace uses fits into a ResourceQuota, with room for as much as is named.',
  params: z.strictObject({
    namespace: namespaceParam,
    name: nameParam('ResourceQuota'),
    room: z
      .record(z.string(), quantity)
      .default({})
      .meta({ description: 'What must still fit: { pods: 1, requests.cpu: 100m }.' }),
    hard: z.record(z.string(), quantity).optional().meta({ description: 'The limits that it must have.' }),
  }),
  example: 'quota-fits: { namespace: shop, name: compute, room: { pods: 1 }, hard: { pods: 10 } }',
  details: 'Say `hard` where a repair might raise the limits instead of keeping to them.',
  async verify({ namespace, name, room, hard: wanted = {} }, context) {
    const quota = await findObject(context, `resourcequota/${name}`, namespace)
    if (isVerdict(quota)) return quota
    const here = `resourcequota/${name}`
    const [hard, used] = [objectAt(quota, 'spec', 'hard'), objectAt(quota, 'status', 'used')]
    const evidence = { hard, used }
    for (const [resource, limit] of Object.entries(wanted)) {
      if (parseQuantity(hard[resource]) !== parseQuantity(limit))
        return notMet(`${here} limits ${resource} to ${inWords(hard[resource])}, not to ${limit}`, evidence)
    }
    for (const [resource, limit] of Object.entries(hard)) {
      const [most, now] = [parseQuantity(limit) ?? 0n, parseQuantity(used[resource])]
      if (now === undefined) return notMet(`${here} does not count ${resource} yet`, evidence)
      const more = parseQuantity(room[resource] ?? 0) ?? 0n
      if (now > most)
        return notMet(`${here} is exceeded: ${resource} ${inWords(used[resource])} of ${inWords(limit)}`, evidence)
      if (now + more > most) {
        const left = `${inWords(used[resource])} of ${inWords(limit)} used`
        return notMet(`${here} has no room for ${resource} ${room[resource]}: ${left}`, evidence)
      }
    }
    return met(`${here} is kept, with room for ${JSON.stringify(room)}`, evidence)
  },
})

function inWords(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'nothing'
}
