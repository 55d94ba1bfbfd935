import { z } from 'zod'
import { fieldOf } from '../../harness/state/json.ts'
import { namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findWorkload, isReady } from '../workloads/find-pods.ts'
import { podsBefore } from './before.ts'

/** At no moment are too many pods of a workload away. */
export const disruptionBelow: Verifier = defineVerifier({
  name: 'disruption-below',
  summary: 'At this moment, at most so many pods of a workload are not ready.',
  params: z.strictObject({
    namespace: namespaceParam,
    workload: workloadParam('The workload.'),
    unavailable: z.int().min(0).meta({ description: 'How many may be away at the same time.' }),
  }),
  example: 'disruption-below: { namespace: shop, workload: statefulset/db, unavailable: 1 }',
  details:
    'Meant as an invariant, sampled while the agent works. What there should be is what was ready before the agent began; ' +
    'where that is not known, what the workload asks for. Scaling down is a disruption, too.',
  async verify({ namespace, workload: reference, unavailable }, context) {
    const workload = await findWorkload(context, reference, namespace)
    if (isVerdict(workload)) return workload
    const was = context.baseline ? podsBefore(context.baseline, namespace, reference) : []
    const asked = fieldOf(workload.object, 'spec', 'replicas')
    const readyBefore = isVerdict(was) ? 0 : was.filter(isReady).length
    const wanted = context.baseline ? readyBefore : typeof asked === 'number' ? asked : workload.pods.length
    const ready = workload.pods.filter(isReady).length
    const evidence = { wanted, ready, unavailable }
    const away = Math.max(0, wanted - ready)
    if (away > unavailable)
      return notMet(`${away} of ${wanted} pods of ${reference} are away, more than ${unavailable}`, evidence)
    return met(`${ready} of ${wanted} pods of ${reference} are ready`, evidence)
  },
})
