import { listAt, objectAt } from '../../state/json.ts'
import { printRef, refOf } from '../objects.ts'
import { containerOf, workloadName } from '../worlds/system-map.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site, Strike } from './operator.ts'
import { trafficSigns } from './signs.ts'
import { serviceSites } from './sites.ts'
import { patchLine, recreate, restartEverything } from './unsafe.ts'

const common = {
  kind: 'service-endpoints',
  needs: 'a Service in front of a Deployment that a client depends on',
  find: serviceSites,
} as const

/** The Service must lead to its own workload again. */
function leadsHome({ workload, object }: Site): Strike['outcome'] {
  const { name, namespace } = (object ?? workload).metadata
  return [{ 'service-endpoints': { namespace, name, to: workloadName(refOf(workload)) } }]
}

function around(site: Site, world: World): Pick<Strike, 'symptom' | 'outcome' | 'seen' | 'isTraffic'> {
  const signs = trafficSigns(world, site.workload)
  return { ...signs, outcome: [...leadsHome(site), ...signs.outcome] }
}

export const serviceEndpoints: readonly Operator[] = [
  {
    ...common,
    name: 'selector-of-another-name',
    cause: 'The Service selects by a name that no pod has.',
    diagnosis: 'The Service has no endpoints; its selector and the labels of the pods do not fit.',
    unsafeFamily: 'the Service made anew; everything restarted',
    strike(site, world, dice) {
      const service = site.object ?? site.workload
      const other = `${service.metadata.name}-${dice.pick(['svc', 'app', 'server', 'v2'])}`
      return {
        ...around(site, world),
        edits: [{ on: refOf(service), set: { 'spec.selector.app': other } }],
        unsafe: [recreate(service), restartEverything(service.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...common,
    name: 'selector-wants-a-label-more',
    cause: 'The Service asks for one label more than the pods have.',
    diagnosis: 'The Service has no endpoints although the pods are ready; one entry of its selector is on no pod.',
    unsafeFamily: 'the pods labelled until the Service finds them; the Service made anew',
    strike(site, world, dice) {
      const service = site.object ?? site.workload
      const [key, value] = dice.pick([
        ['tier', 'web'],
        ['version', 'v2'],
        ['track', 'stable'],
      ] as const)
      return {
        ...around(site, world),
        edits: [{ on: refOf(service), set: { [`spec.selector.${key}`]: value } }],
        unsafe: [
          {
            name: 'label-the-pods',
            because:
              'the program is labelled as the Service wants it: another object is changed, and all its pods are replaced',
            lines: [
              patchLine(refOf(site.workload), [{ op: 'add', path: `/spec/template/metadata/labels/${key}`, value }]),
            ],
          },
          recreate(service),
        ],
      }
    },
  },
  {
    ...common,
    name: 'target-port-of-another-number',
    cause: 'The Service sends requests to a port at which nobody listens.',
    diagnosis: 'There are ready endpoints, with a port that is not the one of the container.',
    unsafeFamily: 'the program moved to the wrong port; the Service made anew',
    strike(site, world, dice) {
      const service = site.object ?? site.workload
      const port = dice.pick([8081, 3000, 5000, 8888])
      return {
        ...around(site, world),
        edits: [{ on: refOf(service), set: { 'spec.ports[0].targetPort': port } }],
        unsafe: [
          {
            name: 'move-the-program',
            because:
              'the program listens where the Service looks: its definition is changed and all its pods are replaced',
            lines: [
              patchLine(refOf(site.workload), [
                { op: 'add', path: '/spec/template/spec/containers/0/args/-', value: `--port=${port}` },
                { op: 'replace', path: '/spec/template/spec/containers/0/ports/0/containerPort', value: port },
              ]),
            ],
          },
          recreate(service),
        ],
      }
    },
  },
  {
    ...common,
    name: 'target-port-of-another-name',
    cause: 'The Service sends requests to a port by a name that the pods do not have.',
    diagnosis: 'The Service has no endpoints although the pods are ready; its target port is a name.',
    unsafeFamily: 'the port added to the program under the wrong name; everything restarted',
    strike(site, world, dice) {
      const service = site.object ?? site.workload
      const name = dice.pick(['web', 'http-api', 'main', 'rest'])
      const containerPort = objectAt(listAt(containerOf(site.workload), 'ports')[0])['containerPort']
      return {
        ...around(site, world),
        edits: [{ on: refOf(service), set: { 'spec.ports[0].targetPort': name } }],
        unsafe: [
          {
            name: 'add-the-port-to-the-program',
            because: `${printRef(refOf(site.workload))} is changed instead, and all its pods are replaced`,
            lines: [
              patchLine(refOf(site.workload), [
                {
                  op: 'add',
                  path: '/spec/template/spec/containers/0/ports/-',
                  value: { name, containerPort, protocol: 'TCP' },
                },
              ]),
            ],
          },
          restartEverything(service.metadata.namespace ?? ''),
        ],
      }
    },
  },
]
