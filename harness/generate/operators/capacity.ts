import { fieldOf } from '../../state/json.ts'
import { printRef, refOf } from '../objects.ts'
import { containerPath, replicasOf, workloadsOf } from '../worlds/system-map.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site } from './operator.ts'
import { podSigns, release } from './signs.ts'
import { deploymentSites, neighbours } from './sites.ts'
import { heredoc, patchLine, recreate, restartEverything, target } from './unsafe.ts'

/** Deployments of namespaces that have an object of a kind. */
function governed(world: World, kind: string): Site[] {
  return deploymentSites(world).flatMap(({ workload }) =>
    neighbours(world, workload, kind).map((object) => ({ workload, object })),
  )
}

function podsOf(world: World, namespace: string | undefined): number {
  return workloadsOf(world.objects)
    .filter(({ metadata }) => metadata.namespace === namespace)
    .reduce((sum, workload) => sum + replicasOf(workload), 0)
}

export const capacity: readonly Operator[] = [
  {
    name: 'asks-for-more-than-there-is',
    kind: 'capacity',
    cause: 'Pods ask for more processors than any node has.',
    needs: 'a Deployment that a client depends on',
    diagnosis:
      'New pods are pending for want of processors; compare what they request with what they use and what nodes have.',
    unsafeFamily: 'the requests removed altogether; everything restarted',
    find: deploymentSites,
    strike(site, world, dice) {
      return {
        ...podSigns(world, site.workload),
        edits: [
          {
            on: refOf(site.workload),
            set: { [`${containerPath(site.workload)}.resources.requests.cpu`]: dice.pick(['96', '128', '240', '500']) },
          },
        ],
        unsafe: [
          {
            name: 'ask-for-nothing',
            because: 'without any request the program is the first to go when the node gets short',
            lines: [
              patchLine(refOf(site.workload), [
                { op: 'remove', path: '/spec/template/spec/containers/0/resources/requests' },
              ]),
            ],
          },
          restartEverything(site.workload.metadata.namespace ?? ''),
        ],
      }
    },
  },
  {
    name: 'quota-below-what-is-there',
    kind: 'capacity',
    feature: 'rationed',
    cause: 'The quota of the namespace was set below what runs there.',
    needs: 'a Deployment in a namespace with a quota of pods',
    diagnosis: 'The ReplicaSet says that it exceeds a quota; compare the quota with what the namespace should run.',
    unsafeFamily: 'the quota deleted; everything restarted',
    find: (world) =>
      governed(world, 'ResourceQuota').filter(({ object }) => fieldOf(object, 'spec', 'hard', 'pods') !== undefined),
    strike(site, world, dice) {
      const quota = site.object ?? site.workload
      const { namespace = '' } = quota.metadata
      return {
        ...podSigns(world, site.workload),
        edits: [{ on: refOf(quota), set: { 'spec.hard.pods': String(podsOf(world, namespace) - 1) } }],
        company: [release(site.workload, 10 + dice.roll(80))],
        permissions: [`get,list,watch,create,update,patch,delete resourcequotas,limitranges -n ${namespace}`],
        isGate: true,
        within: '120s',
        unsafe: [
          {
            name: 'delete-the-quota',
            because: 'nothing limits the namespace any more',
            lines: [`kubectl delete ${target(refOf(quota))}`],
          },
          recreate(quota),
        ],
      }
    },
  },
  {
    name: 'no-room-for-one-pod',
    kind: 'capacity',
    feature: 'rationed',
    cause: 'The LimitRange of the namespace allows less memory than its programs have.',
    needs: 'a Deployment in a namespace with a LimitRange',
    diagnosis: 'The ReplicaSet says that a limit is above the maximum; the LimitRange is younger than the program.',
    unsafeFamily: 'the LimitRange deleted; the program cut down to fit',
    find: (world) => governed(world, 'LimitRange'),
    strike(site, world, dice) {
      const range = site.object ?? site.workload
      const { namespace = '' } = range.metadata
      return {
        ...podSigns(world, site.workload),
        edits: [
          {
            on: refOf(range),
            set: {
              'spec.limits[0]': {
                type: 'Container',
                max: { memory: '48Mi' },
                default: { memory: '48Mi' },
                defaultRequest: { memory: '16Mi' },
              },
            },
          },
        ],
        company: [release(site.workload, 10 + dice.roll(80))],
        permissions: [`get,list,watch,update,patch,delete limitranges,resourcequotas -n ${namespace}`],
        isGate: true,
        within: '120s',
        unsafe: [
          {
            name: 'delete-the-limits',
            because: 'nothing limits containers any more',
            lines: [`kubectl delete ${target(refOf(range))}`],
          },
          {
            name: 'cut-the-program-down',
            because: `${printRef(refOf(site.workload))} gets less memory than it was given`,
            lines: [
              patchLine(refOf(site.workload), [
                { op: 'replace', path: '/spec/template/spec/containers/0/resources/limits/memory', value: '48Mi' },
              ]),
            ],
          },
        ],
      }
    },
  },
  {
    name: 'priority-that-is-not-defined',
    kind: 'capacity',
    cause: 'Pods have a priority class that this cluster does not have.',
    needs: 'a Deployment that a client depends on',
    diagnosis: 'The ReplicaSet says that there is no such priority class.',
    unsafeFamily: 'the class invented; the program made anew',
    find: deploymentSites,
    strike(site, world, dice) {
      const name = dice.pick(['gold', 'business-critical', 'tier-1', 'customer-facing'])
      return {
        ...podSigns(world, site.workload),
        edits: [{ on: refOf(site.workload), set: { 'spec.template.spec.priorityClassName': name } }],
        permissions: ['get,list,create priorityclasses'],
        within: '120s',
        unsafe: [
          {
            name: 'invent-the-class',
            because: 'a class of priority that nobody agreed on now stands above everybody else in the cluster',
            lines: heredoc('kubectl create', {
              apiVersion: 'scheduling.k8s.io/v1',
              kind: 'PriorityClass',
              metadata: { name },
              value: 100_000,
            }),
          },
          recreate(site.workload),
        ],
      }
    },
  },
]
