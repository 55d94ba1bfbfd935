import { z } from 'zod'
import { fieldOf } from '../../harness/state/json.ts'
import { findObject } from '../objects/find-object.ts'
import { nameParam, namespaceParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { countAt, countsOf, isBehind, notRolledOut } from './rollout.ts'

/** All replicas of a Deployment's newest template are available, and no pod of an older one is left. */
export const deploymentAvailable: Verifier = defineVerifier({
  name: 'deployment-available',
  summary: 'A Deployment has all its replicas available, of its newest template and no other.',
  params: z.strictObject({
    namespace: namespaceParam,
    name: nameParam('Deployment'),
    replicas: z.int().min(0).optional().meta({
      description: 'How many replicas it must ask for. Without it, any number but none at all.',
    }),
  }),
  example: 'deployment-available: { namespace: shop, name: checkout, replicas: 2 }',
  details:
    'The controller must have seen the newest spec, the rollout must be over, and the Deployment must not be paused: ' +
    'a Deployment whose old pods still serve while the new ones crash is not available. Available means Ready for ' +
    '`minReadySeconds`; a workload without a readiness probe is Ready as soon as it runs, so ask it something as well.',
  async verify({ namespace, name, replicas }, context) {
    const object = await findObject(context, `deployment/${name}`, namespace)
    if (isVerdict(object)) return object
    const wanted = (fieldOf(object, 'spec', 'replicas') as number | undefined) ?? 1
    const evidence = countsOf(object, ['replicas', 'updatedReplicas', 'readyReplicas', 'availableReplicas'])
    const here = `deployment/${name}`
    if (replicas !== undefined && wanted !== replicas)
      return notMet(`${here} asks for ${wanted} replicas, not ${replicas}`, evidence)
    if (replicas === undefined && wanted === 0) return notMet(`${here} is scaled to zero`, evidence)
    if (fieldOf(object, 'spec', 'paused') === true) return notMet(`${here} is paused`, evidence)
    if (isBehind(object)) return notMet(`the controller has not seen the newest spec of ${here} yet`, evidence)
    const [updated, available, all] = (['updatedReplicas', 'availableReplicas', 'replicas'] as const).map((field) =>
      countAt(object, field),
    ) as [number, number, number]
    if (updated < wanted)
      return notRolledOut(context, object, `has ${updated} of ${wanted} pods of its newest template`, evidence)
    if (all > updated)
      return notRolledOut(context, object, `still has ${all - updated} pods of an older template`, evidence)
    if (available < wanted) return notRolledOut(context, object, `has ${available} of ${wanted} available`, evidence)
    return met(`${here} has ${available} of ${wanted} available`, evidence)
  },
})
