import type { KubeObject } from '../../base/kube-client.ts'
import { refOf } from '../objects.ts'
import { replicasOf } from '../worlds/system-map.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site } from './operator.ts'
import { companionsOf } from './sites.ts'
import { recreate, restartEverything } from './unsafe.ts'

const budgets = {
  kind: 'disruption',
  feature: 'budgeted',
  needs: 'a PodDisruptionBudget of a Deployment with two replicas or more',
  find: (world: World) => companionsOf(world, 'PodDisruptionBudget').filter(({ workload }) => replicasOf(workload) > 1),
  unsafeFamily: 'the budget made anew; everything restarted',
} as const

function budgetSigns({
  workload,
  object,
}: Site): Pick<ReturnType<Operator['strike']>, 'outcome' | 'symptom' | 'seen' | 'isTraffic'> {
  const { name, namespace } = (object ?? workload).metadata
  const allowed = (equals: number): Record<string, unknown> => ({
    'field-equals': { object: `poddisruptionbudget/${name}`, namespace, path: 'status.disruptionsAllowed', equals },
  })
  return {
    outcome: [
      allowed(1),
      {
        'field-equals': {
          object: `poddisruptionbudget/${name}`,
          namespace,
          path: 'status.expectedPods',
          equals: replicasOf(workload),
        },
      },
    ],
    symptom: [allowed(0)],
    seen: [
      `the monthly maintenance waits: it is not allowed to move a single pod of ${workload.metadata.name} in ${namespace}`,
    ],
    isTraffic: false,
  }
}

export const disruption: readonly Operator[] = [
  {
    ...budgets,
    name: 'budget-of-nothing',
    cause: 'The budget allows no disruption at all.',
    diagnosis: 'Evictions are refused; the budget allows none although all pods are healthy.',
    strike(site) {
      const budget = site.object as KubeObject
      return {
        ...budgetSigns(site),
        edits: [{ on: refOf(budget), set: { 'spec.maxUnavailable': 0 } }],
        unsafe: [recreate(budget), restartEverything(budget.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...budgets,
    name: 'budget-demands-everybody',
    cause: 'The budget demands that all pods are there at all times.',
    diagnosis: 'Evictions are refused; the budget asks for as many pods as there are.',
    strike(site, _world, dice) {
      const budget = site.object as KubeObject
      const minAvailable = dice.pick(['100%', replicasOf(site.workload)])
      return {
        ...budgetSigns(site),
        edits: [{ on: refOf(budget), set: { 'spec.maxUnavailable': undefined, 'spec.minAvailable': minAvailable } }],
        unsafe: [recreate(budget), restartEverything(budget.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...budgets,
    name: 'budget-of-nobody',
    cause: 'The budget selects pods that are not there.',
    diagnosis: 'The budget counts no pods; compare its selector with the labels of the pods.',
    strike(site, _world, dice) {
      const budget = site.object as KubeObject
      const app = `${site.workload.metadata.name}-${dice.pick(['v2', 'api', 'main'])}`
      return {
        ...budgetSigns(site),
        seen: [
          `the maintenance plan marks ${site.workload.metadata.name} in ${budget.metadata.namespace} as covered by no agreement any more, and waits`,
        ],
        edits: [{ on: refOf(budget), set: { 'spec.selector.matchLabels.app': app } }],
        unsafe: [recreate(budget), restartEverything(budget.metadata.namespace ?? '')],
      }
    },
  },
]
