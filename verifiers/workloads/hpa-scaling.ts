import { z } from 'zod'
import { fieldOf, listAt, textAt } from '../../harness/state/json.ts'
import { findObject } from '../objects/find-object.ts'
import { nameParam, namespaceParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { countAt } from './rollout.ts'

/** A HorizontalPodAutoscaler has its metrics and can act on them. */
export const hpaScaling: Verifier = defineVerifier({
  name: 'hpa-scaling',
  summary: 'A HorizontalPodAutoscaler reads its metrics, can scale its target, and keeps it within bounds.',
  params: z.strictObject({
    namespace: namespaceParam,
    name: nameParam('HorizontalPodAutoscaler'),
    min: z.int().min(0).optional().meta({ description: 'The lower bound that it must have.' }),
    max: z.int().min(1).optional().meta({ description: 'The upper bound that it must have.' }),
    'at-least': z.int().min(0).optional().meta({ description: 'How many replicas there must be at least by now.' }),
  }),
  example: 'hpa-scaling: { namespace: shop, name: web, min: 2, max: 6 }',
  details: 'Metrics come every 15 s or so: give the contract `within: 90s` where it has to start from nothing.',
  async verify({ namespace, name, min, max, 'at-least': atLeast }, context) {
    const hpa = await findObject(context, `hpa/${name}`, namespace)
    if (isVerdict(hpa)) return hpa
    const here = `hpa/${name}`
    const bounds = {
      min: (fieldOf(hpa, 'spec', 'minReplicas') as number | undefined) ?? 1,
      max: fieldOf(hpa, 'spec', 'maxReplicas') as number,
    }
    const current = countAt(hpa, 'currentReplicas')
    const metrics = listAt(hpa, 'status', 'currentMetrics')
    const evidence = { ...bounds, current, desired: countAt(hpa, 'desiredReplicas'), metrics }
    if (min !== undefined && bounds.min !== min)
      return notMet(`${here} has the lower bound ${bounds.min}, not ${min}`, evidence)
    if (max !== undefined && bounds.max !== max)
      return notMet(`${here} has the upper bound ${bounds.max}, not ${max}`, evidence)
    for (const type of ['AbleToScale', 'ScalingActive']) {
      const condition = listAt(hpa, 'status', 'conditions').find((one) => textAt(one, 'type') === type)
      if (condition === undefined) return notMet(`${here} has not been looked at by its controller yet`, evidence)
      if (textAt(condition, 'status') !== 'True')
        return notMet(`${here}: ${type} is ${textAt(condition, 'status')}: ${textAt(condition, 'message')}`, evidence)
    }
    const wanted = listAt(hpa, 'spec', 'metrics').length
    if (metrics.length < wanted) return notMet(`${here} reads ${metrics.length} of ${wanted} metrics`, evidence)
    if (current < bounds.min || current > bounds.max)
      return notMet(`${here} has ${current} replicas, outside of ${bounds.min} to ${bounds.max}`, evidence)
    if (atLeast !== undefined && current < atLeast)
      return notMet(`${here} has ${current} replicas, not ${atLeast} yet`, evidence)
    return met(`${here} reads its metrics and keeps ${current} replicas`, evidence)
  },
})
