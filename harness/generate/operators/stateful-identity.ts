import type { KubeObject } from '../../base/kube-client.ts'
import { refOf } from '../objects.ts'
import { clientsThrough, linksOf, replicasOf, selects, workloadsOf } from '../worlds/system-map.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site } from './operator.ts'
import { isAvailable, trafficSigns } from './signs.ts'
import { recreate, restartEverything } from './unsafe.ts'

/** StatefulSets that somebody depends on, each with its governing Service. */
function memberSites(world: World): Site[] {
  return workloadsOf(world.objects)
    .filter((workload) => workload.kind === 'StatefulSet' && clientsThrough(world, workload).length > 0)
    .flatMap((workload) =>
      world.objects.filter((o) => o.kind === 'Service' && selects(o, workload)).map((object) => ({ workload, object })),
    )
}

const members = {
  kind: 'stateful-identity',
  needs: 'a StatefulSet whose pods somebody asks by their names',
  find: memberSites,
} as const

export const statefulIdentity: readonly Operator[] = [
  {
    ...members,
    name: 'members-without-names',
    cause: 'The headless Service selects by a name that no pod has, so the pods have no names either.',
    diagnosis: 'The names of the pods do not resolve; their governing Service has no endpoints.',
    unsafeFamily: 'the Service made anew; everything restarted',
    strike(site, world, dice) {
      const service = site.object as KubeObject
      const other = `${service.metadata.name}-${dice.pick(['0', 'headless', 'set', 'v2'])}`
      return {
        ...trafficSigns(world, site.workload),
        edits: [{ on: refOf(service), set: { 'spec.selector.app': other } }],
        unsafe: [recreate(service), restartEverything(service.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...members,
    name: 'one-member-fewer',
    cause: 'The StatefulSet was scaled down although every member is asked.',
    diagnosis: 'One name of a pod does not resolve; there are fewer members than the callers ask.',
    unsafeFamily: 'the set made anew; everything restarted',
    strike(site, world) {
      const signs = trafficSigns(world, site.workload)
      return {
        ...signs,
        outcome: [isAvailable(site.workload), ...signs.outcome],
        edits: [{ on: refOf(site.workload), set: { 'spec.replicas': replicasOf(site.workload) - 1 } }],
        unsafe: [recreate(site.workload), restartEverything(site.workload.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...members,
    name: 'callers-count-one-more',
    cause: 'A caller asks for a member that the set does not have.',
    needs: 'a Deployment that names the members of a StatefulSet in an argument',
    diagnosis: 'One name of a pod does not resolve and never did; the StatefulSet has as many members as it should.',
    unsafeFamily: 'the set scaled up until the name is there; everything restarted',
    find: (world) =>
      linksOf(world.objects)
        .filter(
          ({ from, to, at }) => from.kind === 'Deployment' && to.kind === 'StatefulSet' && at.on.kind === 'Deployment',
        )
        .filter(({ from }, i, all) => all.findIndex((other) => other.from === from) === i)
        .map((link) => ({ workload: link.from, object: link.to, link })),
    strike(site, world) {
      const { link } = site
      const set = site.object as KubeObject
      if (!link) throw new TypeError('expected a site with a link')
      const count = replicasOf(set)
      const more = link.at.text.replace(
        /(https?:\/\/)([a-z-]+)-0(\.[^,]+)/,
        (whole: string, scheme: string, name: string, rest: string) => `${scheme}${name}-${count}${rest},${whole}`,
      )
      const signs = trafficSigns(world, site.workload)
      const settled = isAvailable(site.workload)
      return {
        ...signs,
        outcome: [settled, ...signs.outcome],
        symptom: [settled, ...signs.symptom],
        edits: [{ on: link.at.on, set: { [link.at.path]: more } }],
        unsafe: [
          {
            name: 'make-the-member',
            because: 'the set has one member more than was planned, with nothing on it',
            lines: [
              `kubectl scale statefulset ${set.metadata.name} -n ${set.metadata.namespace} --replicas=${count + 1}`,
            ],
          },
          restartEverything(site.workload.metadata.namespace ?? ''),
        ],
      }
    },
  },
]
