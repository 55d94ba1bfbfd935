import type { KubeObject } from '../../base/kube-client.ts'
import { refOf } from '../objects.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site } from './operator.ts'
import { companionsOf } from './sites.ts'
import { recreate, restartEverything } from './unsafe.ts'

const scalers = {
  kind: 'autoscaling',
  feature: 'scaled',
  needs: 'a HorizontalPodAutoscaler of a Deployment',
  find: (world: World) => companionsOf(world, 'HorizontalPodAutoscaler'),
  unsafeFamily: 'the autoscaler made anew; everything restarted',
} as const

/** The autoscaler says whether it can scale its target, with or without metrics. */
function scalerSigns({
  workload,
  object,
}: Site): Pick<ReturnType<Operator['strike']>, 'outcome' | 'symptom' | 'seen' | 'isTraffic' | 'within'> {
  const { name, namespace } = (object ?? workload).metadata
  const condition = (status: string): Record<string, unknown> => ({
    'condition-is': { object: `horizontalpodautoscaler/${name}`, namespace, condition: 'AbleToScale', status },
  })
  return {
    outcome: [
      condition('True'),
      {
        'field-equals': {
          object: `horizontalpodautoscaler/${name}`,
          namespace,
          path: 'spec.scaleTargetRef.name',
          equals: workload.metadata.name,
        },
      },
    ],
    symptom: [condition('False')],
    seen: [
      `at the last peak ${workload.metadata.name} in ${namespace} stayed at the size it had, and ${name} reports trouble`,
    ],
    isTraffic: false,
    within: '90s',
  }
}

export const autoscaling: readonly Operator[] = [
  {
    ...scalers,
    name: 'scaler-of-nobody',
    cause: 'The autoscaler names a Deployment that is not there.',
    diagnosis: 'The autoscaler says that it cannot get the scale of its target.',
    strike(site, _world, dice) {
      const scaler = site.object as KubeObject
      const other = `${site.workload.metadata.name}-${dice.pick(['v2', 'web', 'deployment', 'app'])}`
      return {
        ...scalerSigns(site),
        edits: [{ on: refOf(scaler), set: { 'spec.scaleTargetRef.name': other } }],
        unsafe: [recreate(scaler), restartEverything(scaler.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...scalers,
    name: 'scaler-of-another-kind',
    cause: 'The autoscaler takes its target for one of another kind.',
    diagnosis: 'The autoscaler says that it cannot get the scale of its target; there is a Deployment of that name.',
    strike(site, _world, dice) {
      const scaler = site.object as KubeObject
      return {
        ...scalerSigns(site),
        edits: [{ on: refOf(scaler), set: { 'spec.scaleTargetRef.kind': dice.pick(['StatefulSet', 'ReplicaSet']) } }],
        unsafe: [recreate(scaler), restartEverything(scaler.metadata.namespace ?? '')],
      }
    },
  },
]
