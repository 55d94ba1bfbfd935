import { fieldOf } from '../../state/json.ts'
import { refOf } from '../objects.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site } from './operator.ts'
import { recreate, restartEverything } from './unsafe.ts'

function scheduleSites(world: World): Site[] {
  return world.objects
    .filter((o) => o.kind === 'CronJob' && fieldOf(o, 'spec', 'schedule') === '* * * * *')
    .map((object) => ({ workload: object, object }))
}

const schedules = {
  kind: 'jobs',
  feature: 'nightly',
  needs: 'a CronJob that runs every minute',
  find: scheduleSites,
} as const

export const jobs: readonly Operator[] = [
  {
    ...schedules,
    name: 'schedule-held-back',
    cause: 'The CronJob is suspended.',
    diagnosis: 'No Job was started for a while; the CronJob says that it is suspended.',
    unsafeFamily: 'the CronJob made anew; everything restarted',
    strike({ workload }) {
      const { name, namespace = '' } = workload.metadata
      return {
        outcome: [{ 'cronjob-runs': { namespace, name } }],
        symptom: [{ 'field-equals': { object: `cronjob/${name}`, namespace, path: 'spec.suspend', equals: true } }],
        seen: [`${name} in ${namespace}, which should be done every minute, is not done`],
        isTraffic: false,
        within: '150s',
        edits: [{ on: refOf(workload), set: { 'spec.suspend': true } }],
        unsafe: [recreate(workload), restartEverything(namespace)],
      }
    },
  },
  {
    ...schedules,
    name: 'schedule-of-another-day',
    cause: 'The CronJob has a schedule that comes round once a year.',
    diagnosis: 'No Job was started for a while; read the schedule.',
    unsafeFamily: 'the CronJob made anew; everything restarted',
    strike({ workload }, _world, dice) {
      const { name, namespace = '' } = workload.metadata
      const schedule = dice.pick(['0 4 29 2 *', '30 2 1 1 *', '15 5 31 12 *'])
      return {
        outcome: [
          { 'cronjob-runs': { namespace, name } },
          {
            'field-equals': {
              object: `cronjob/${name}`,
              namespace,
              path: 'spec.schedule',
              matches: String.raw`^\*(/1)? \* \* \* \*$`,
            },
          },
        ],
        symptom: [
          { 'field-equals': { object: `cronjob/${name}`, namespace, path: 'spec.schedule', equals: schedule } },
        ],
        seen: [`${name} in ${namespace}, which should be done every minute, is not done`],
        isTraffic: false,
        within: '150s',
        edits: [{ on: refOf(workload), set: { 'spec.schedule': schedule } }],
        unsafe: [recreate(workload), restartEverything(namespace)],
      }
    },
  },
]
