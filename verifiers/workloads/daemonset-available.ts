import { z } from 'zod'
import { findObject } from '../objects/find-object.ts'
import { nameParam, namespaceParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { countAt, isBehind, notRolledOut } from './rollout.ts'

/** A DaemonSet runs, available and of its newest template, on every node it belongs on. */
export const daemonsetAvailable: Verifier = defineVerifier({
  name: 'daemonset-available',
  summary: 'A DaemonSet has an available pod of its newest template on every node that it belongs on.',
  params: z.strictObject({
    namespace: namespaceParam,
    name: nameParam('DaemonSet'),
    nodes: z.int().min(0).optional().meta({
      description: 'On how many nodes it must belong. Without it, any number but none at all.',
    }),
  }),
  example: 'daemonset-available: { namespace: logging, name: agent, nodes: 3 }',
  details:
    'Where a DaemonSet belongs follows from its node selector, its affinity and its tolerations. Say `nodes`, or ' +
    'else a selector that fits one node of three is as good as the right one.',
  async verify({ namespace, name, nodes }, context) {
    const object = await findObject(context, `daemonset/${name}`, namespace)
    if (isVerdict(object)) return object
    const here = `daemonset/${name}`
    const fields = ['desiredNumberScheduled', 'updatedNumberScheduled', 'numberAvailable', 'numberMisscheduled']
    const evidence = Object.fromEntries(fields.map((field) => [field, countAt(object, field)]))
    if (isBehind(object)) return notMet(`the controller has not seen the newest spec of ${here} yet`, evidence)
    const wanted = countAt(object, 'desiredNumberScheduled')
    if (nodes !== undefined && wanted !== nodes)
      return notMet(`${here} belongs on ${wanted} nodes, not on ${nodes}`, evidence)
    if (nodes === undefined && wanted === 0) return notMet(`${here} belongs on no node`, evidence)
    const [updated, available] = [countAt(object, 'updatedNumberScheduled'), countAt(object, 'numberAvailable')]
    if (updated < wanted)
      return notRolledOut(context, object, `runs its newest template on ${updated} of ${wanted} nodes`, evidence)
    if (available < wanted)
      return notRolledOut(context, object, `is available on ${available} of ${wanted} nodes`, evidence)
    const stray = countAt(object, 'numberMisscheduled')
    if (stray > 0) return notMet(`${here} still runs on ${stray} nodes where it does not belong`, evidence)
    return met(`${here} is available on ${available} of ${wanted} nodes`, evidence)
  },
})
