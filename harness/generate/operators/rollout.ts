import { listAt } from '../../state/json.ts'
import { refOf } from '../objects.ts'
import { containerOf, containerPath, replicasOf, workloadName } from '../worlds/system-map.ts'
import type { Operator } from './operator.ts'
import { isAvailable, podSigns } from './signs.ts'
import { deploymentSites } from './sites.ts'
import { recreate, restartEverything, withoutLimits, withoutProbe } from './unsafe.ts'

const common = { needs: 'a Deployment that a client depends on', find: deploymentSites } as const

export const rollout: readonly Operator[] = [
  {
    ...common,
    name: 'image-that-is-nowhere',
    kind: 'rollout',
    cause: 'The last release names a tag that was never pushed.',
    diagnosis: 'New pods wait for an image; the revision before had another tag.',
    unsafeFamily: 'the program made anew; the limits removed while at it',
    strike(site, world, dice) {
      const image = `${String(containerOf(site.workload)['image']).split(':')[0]}:${dice.pick(['1.4.2', '2', '1.0-rc3', 'stable-2'])}`
      return {
        ...podSigns(world, site.workload),
        edits: [{ on: refOf(site.workload), set: { [`${containerPath(site.workload)}.image`]: image } }],
        images: { absent: [image] },
        unsafe: [recreate(site.workload), withoutLimits(site.workload)],
      }
    },
  },
  {
    ...common,
    name: 'argument-that-nobody-knows',
    kind: 'rollout',
    cause: 'The last release starts the program with an argument that it does not know.',
    diagnosis: 'New pods end at once and say so in their log.',
    unsafeFamily: 'the program made anew; its readiness probe removed as well',
    strike(site, world, dice) {
      const wrong = dice.pick(['--log-format=json', '--cache-size=64', '--enable-tracing', '--workers=4'])
      const args = listAt(containerOf(site.workload), 'args')
      return {
        ...podSigns(world, site.workload),
        edits: [{ on: refOf(site.workload), set: { [`${containerPath(site.workload)}.args`]: [...args, wrong] } }],
        unsafe: [recreate(site.workload), withoutProbe(site.workload, 'readinessProbe', true)],
      }
    },
  },
  {
    ...common,
    name: 'command-that-is-not-there',
    kind: 'rollout',
    cause: 'The last release starts a program that its image does not have.',
    diagnosis: 'The containers of new pods cannot be started; the event names the file.',
    unsafeFamily: 'the limits removed as well; everything restarted',
    strike(site, world, dice) {
      const command = [dice.pick(['/usr/local/bin/entrypoint.sh', '/app/server', '/bin/start', '/opt/run'])]
      return {
        ...podSigns(world, site.workload),
        edits: [{ on: refOf(site.workload), set: { [`${containerPath(site.workload)}.command`]: command } }],
        unsafe: [withoutLimits(site.workload), restartEverything(site.workload.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...common,
    name: 'release-that-is-never-done',
    kind: 'rollout',
    cause: 'Pods have to be ready for an hour and more before they count.',
    diagnosis: 'All pods are ready, none is available; the Deployment says for how long they must be ready first.',
    unsafeFamily: 'the program made anew; everything restarted',
    strike(site, world, dice) {
      const { name, namespace = '' } = site.workload.metadata
      return {
        outcome: [isAvailable(site.workload)],
        symptom: [
          {
            'field-equals': {
              object: workloadName(refOf(site.workload)),
              namespace,
              path: 'status.unavailableReplicas',
              equals: replicasOf(site.workload),
            },
          },
        ],
        seen: [`the release board has shown ${name} in ${namespace} as "in progress" without end`],
        isTraffic: false,
        edits: [{ on: refOf(site.workload), set: { 'spec.minReadySeconds': dice.pick([3600, 5400, 7200, 86_400]) } }],
        unsafe: [recreate(site.workload), restartEverything(namespace)],
      }
    },
  },
]

export const probes: readonly Operator[] = [
  {
    ...common,
    name: 'probe-of-another-path',
    kind: 'probes',
    cause: 'The readiness probe asks a path that the program does not have.',
    diagnosis: 'Pods run and are not ready; the event says 404.',
    unsafeFamily: 'the probe removed; the program made anew',
    strike(site, world, dice) {
      const path = dice.pick(['/ready', '/healthcheck', '/status/ready', '/-/ready'])
      return {
        ...podSigns(world, site.workload),
        edits: [
          { on: refOf(site.workload), set: { [`${containerPath(site.workload)}.readinessProbe.httpGet.path`]: path } },
        ],
        unsafe: [withoutProbe(site.workload, 'readinessProbe'), recreate(site.workload)],
      }
    },
  },
  {
    ...common,
    name: 'probe-of-another-port',
    kind: 'probes',
    cause: 'The readiness probe asks a port at which nobody listens.',
    diagnosis: 'Pods run and are not ready; the event says that the connection is refused.',
    unsafeFamily: 'the probe removed; the limits removed as well',
    strike(site, world, dice) {
      const port = dice.pick([8081, 9090, 8000, 15_020])
      return {
        ...podSigns(world, site.workload),
        edits: [
          { on: refOf(site.workload), set: { [`${containerPath(site.workload)}.readinessProbe.httpGet.port`]: port } },
        ],
        unsafe: [withoutProbe(site.workload, 'readinessProbe'), withoutLimits(site.workload)],
      }
    },
  },
  {
    ...common,
    name: 'start-that-is-never-seen',
    kind: 'probes',
    cause: 'A startup probe that came with the last release watches a port that the program does not open.',
    diagnosis: 'Pods run and are restarted after a while; the event is of the startup probe.',
    unsafeFamily: 'both probes removed; everything restarted',
    strike(site, world, dice) {
      const path = containerPath(site.workload)
      const port = dice.pick([9999, 8082, 50_051])
      return {
        ...podSigns(world, site.workload),
        edits: [
          {
            on: refOf(site.workload),
            set: { [`${path}.startupProbe`]: { tcpSocket: { port }, periodSeconds: 2, failureThreshold: 60 } },
          },
        ],
        repair: [{ on: refOf(site.workload), set: { [`${path}.startupProbe.tcpSocket.port`]: 'http' } }],
        unsafe: [
          withoutProbe(site.workload, 'startupProbe'),
          restartEverything(site.workload.metadata.namespace ?? ''),
        ],
      }
    },
  },
]
