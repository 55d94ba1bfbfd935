import { z } from 'zod'
import { canonicalQuantity } from '../../harness/state/quantity.ts'
import { fieldOf, textAt } from '../../harness/state/json.ts'
import { findObject } from '../objects/find-object.ts'
import { nameParam, namespaceParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'

/** A claim has its volume. */
export const pvcBound: Verifier = defineVerifier({
  name: 'pvc-bound',
  summary: 'A PersistentVolumeClaim is bound, to the same volume as before where there was one.',
  params: z.strictObject({
    namespace: namespaceParam,
    name: nameParam('PersistentVolumeClaim'),
    capacity: z.string().optional().meta({ description: 'The capacity that it must have: 2Gi.' }),
    class: z.string().optional().meta({ description: 'The storage class that it must have.' }),
    'may-replace': z.boolean().default(false).meta({
      description: 'true: it may have another volume than before the agent began, or be another claim.',
    }),
  }),
  example: 'pvc-bound: { namespace: shop, name: data-db-0 }',
  details:
    'A claim that was bound before the agent began must be the same claim with the same volume: one made anew under the ' +
    'same name is empty. What is on the volume is for `file-content` and `data-kept`.',
  async verify({ namespace, name, capacity, class: wantedClass, 'may-replace': mayReplace }, context) {
    const claim = await findObject(context, `pvc/${name}`, namespace)
    if (isVerdict(claim)) return claim
    const here = `pvc/${name}`
    const phase = textAt(claim, 'status', 'phase') ?? 'Pending'
    const volume = textAt(claim, 'spec', 'volumeName')
    const has = fieldOf(claim, 'status', 'capacity', 'storage')
    const evidence = { phase, volume, capacity: has }
    if (claim.metadata.deletionTimestamp !== undefined) return notMet(`${here} is being deleted`, evidence)
    if (phase !== 'Bound') return notMet(`${here} is ${phase}${await whyPending(claim, context.client)}`, evidence)
    const pv = volume === undefined ? undefined : await context.client.find(`/api/v1/persistentvolumes/${volume}`)
    if (!pv) return notMet(`${here} is bound to pv/${volume}, which does not exist`, evidence)
    const before = context.baseline?.objects.find(
      (one) => one.kind === claim.kind && one.metadata.name === name && one.metadata.namespace === namespace,
    )
    const was = textAt(before, 'spec', 'volumeName')
    if (!mayReplace && before && was !== undefined) {
      if (before.metadata.uid !== claim.metadata.uid) return notMet(`${here} was deleted and made anew`, evidence)
      if (was !== volume) return notMet(`${here} is bound to pv/${volume}, and was to pv/${was}`, evidence)
    }
    const className = textAt(claim, 'spec', 'storageClassName') ?? ''
    if (wantedClass !== undefined && className !== wantedClass)
      return notMet(`${here} is of class ${className || '(none)'}, not ${wantedClass}`, evidence)
    if (capacity !== undefined && canonicalQuantity(has) !== canonicalQuantity(capacity))
      return notMet(`${here} has ${String(has)}, not ${capacity}`, evidence)
    return met(`${here} is bound to pv/${volume}`, evidence)
  },
})

/** What the cluster says about a claim that waits. */
async function whyPending(
  claim: { metadata: { uid?: string; namespace?: string } },
  client: { list(path: string, options?: object): Promise<object[]> },
): Promise<string> {
  const events = await client.list(`/api/v1/namespaces/${claim.metadata.namespace}/events`, {
    query: { fieldSelector: `involvedObject.uid=${claim.metadata.uid}` },
  })
  const message = textAt(events.at(-1), 'message')
  return message === undefined ? '' : `: ${message}`
}
