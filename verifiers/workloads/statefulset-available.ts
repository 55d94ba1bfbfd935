import { z } from 'zod'
import { fieldOf, textAt } from '../../harness/state/json.ts'
import { findObject } from '../objects/find-object.ts'
import { nameParam, namespaceParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { countAt, countsOf, isBehind, notRolledOut } from './rollout.ts'

/** All replicas of a StatefulSet are available and of its newest revision. */
export const statefulsetAvailable: Verifier = defineVerifier({
  name: 'statefulset-available',
  summary: 'A StatefulSet has all its replicas available, of its newest revision.',
  params: z.strictObject({
    namespace: namespaceParam,
    name: nameParam('StatefulSet'),
    replicas: z.int().min(0).optional().meta({
      description: 'How many replicas it must ask for. Without it, any number but none at all.',
    }),
  }),
  example: 'statefulset-available: { namespace: shop, name: db, replicas: 3 }',
  details:
    'With the update strategy OnDelete, or a partition, pods of an older revision may stay; only what the strategy ' +
    'updates by itself must be of the newest one.',
  async verify({ namespace, name, replicas }, context) {
    const object = await findObject(context, `statefulset/${name}`, namespace)
    if (isVerdict(object)) return object
    const here = `statefulset/${name}`
    const wanted = (fieldOf(object, 'spec', 'replicas') as number | undefined) ?? 1
    const evidence = countsOf(object, ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'])
    if (replicas !== undefined && wanted !== replicas)
      return notMet(`${here} asks for ${wanted} replicas, not ${replicas}`, evidence)
    if (replicas === undefined && wanted === 0) return notMet(`${here} is scaled to zero`, evidence)
    if (isBehind(object)) return notMet(`the controller has not seen the newest spec of ${here} yet`, evidence)
    const all = countAt(object, 'replicas')
    if (all > wanted) return notMet(`${here} still has ${all} pods, ${wanted} are wanted`, evidence)
    const available = countAt(object, 'availableReplicas')
    if (available < wanted) return notRolledOut(context, object, `has ${available} of ${wanted} available`, evidence)
    const mustBeNew = textAt(object, 'spec', 'updateStrategy', 'type') === 'OnDelete' ? 0 : wanted - partitionOf(object)
    const isRevised = textAt(object, 'status', 'currentRevision') === textAt(object, 'status', 'updateRevision')
    const updated = countAt(object, 'updatedReplicas')
    if (!isRevised && updated < mustBeNew)
      return notRolledOut(context, object, `has ${updated} of ${mustBeNew} pods of its newest revision`, evidence)
    return met(`${here} has ${available} of ${wanted} available`, evidence)
  },
})

function partitionOf(object: unknown): number {
  const partition = fieldOf(object, 'spec', 'updateStrategy', 'rollingUpdate', 'partition')
  return typeof partition === 'number' ? partition : 0
}
