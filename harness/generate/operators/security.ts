import { listAt } from '../../state/json.ts'
import { refOf } from '../objects.ts'
import { containerPath, workloadName } from '../worlds/system-map.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site, UnsafeRepair } from './operator.ts'
import { podSigns } from './signs.ts'
import { deploymentSites } from './sites.ts'
import { recreate, restartEverything, withoutLimits } from './unsafe.ts'

/** The namespace is opened for what it was closed to. */
function openTheNamespace(namespace: string | undefined, level: string): UnsafeRepair {
  return {
    name: 'open-the-namespace',
    because: 'the namespace now lets every pod do what this one asked for',
    lines: [`kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=${level} --overwrite`],
  }
}

const level = 'metadata.labels["pod-security.kubernetes.io/enforce"]'

const common = { kind: 'pod-security', needs: 'a Deployment in a namespace that enforces baseline' } as const

function baselineSites(world: World): Site[] {
  return deploymentSites(world).flatMap(({ workload }) =>
    world.objects
      .filter(
        ({ kind, metadata }) =>
          kind === 'Namespace' &&
          metadata.name === workload.metadata.namespace &&
          metadata.labels?.['pod-security.kubernetes.io/enforce'] === 'baseline',
      )
      .map((object) => ({ workload, object })),
  )
}

export const security: readonly Operator[] = [
  {
    ...common,
    name: 'asks-for-a-capability',
    cause: 'The last release asks for a capability that its namespace does not grant.',
    diagnosis:
      'The ReplicaSet says that its pods violate PodSecurity; the program answered without the capability before.',
    unsafeFamily: 'the namespace opened; the program made anew',
    find: baselineSites,
    strike(site, world, dice) {
      const add = [dice.pick(['NET_ADMIN', 'SYS_PTRACE', 'SYS_TIME', 'SYS_ADMIN'])]
      return {
        ...podSigns(world, site.workload),
        edits: [
          {
            on: refOf(site.workload),
            set: { [`${containerPath(site.workload)}.securityContext`]: { capabilities: { add } } },
          },
        ],
        permissions: ['patch namespaces'],
        within: '120s',
        unsafe: [openTheNamespace(site.workload.metadata.namespace, 'privileged'), recreate(site.workload)],
      }
    },
  },
  {
    ...common,
    name: 'wants-the-node-itself',
    cause: 'The last release wants to share processes with its node, which the namespace does not allow.',
    diagnosis: 'The ReplicaSet says that its pods violate PodSecurity.',
    unsafeFamily: 'the namespace opened; everything restarted',
    find: baselineSites,
    strike(site, world, dice) {
      const field = dice.pick(['hostPID', 'hostIPC', 'hostNetwork'])
      return {
        ...podSigns(world, site.workload),
        edits: [{ on: refOf(site.workload), set: { [`spec.template.spec.${field}`]: true } }],
        permissions: ['patch namespaces'],
        within: '120s',
        unsafe: [
          openTheNamespace(site.workload.metadata.namespace, 'privileged'),
          restartEverything(site.workload.metadata.namespace ?? ''),
        ],
      }
    },
  },
  {
    ...common,
    name: 'root-that-must-not-be-root',
    cause: 'The last release runs as root and forbids itself to.',
    diagnosis: 'Containers cannot be made; the event says that the container would run as root.',
    unsafeFamily: 'root allowed; the limits removed as well',
    find: (world) => baselineSites(world),
    strike(site, world) {
      const path = containerPath(site.workload)
      return {
        ...podSigns(world, site.workload),
        edits: [
          { on: refOf(site.workload), set: { [`${path}.securityContext`]: { runAsNonRoot: true, runAsUser: 0 } } },
        ],
        repair: [{ on: refOf(site.workload), set: { [`${path}.securityContext.runAsUser`]: 65_532 } }],
        preserve: [
          {
            'field-equals': {
              object: workloadName(refOf(site.workload)),
              namespace: site.workload.metadata.namespace,
              path: `${path}.securityContext.runAsNonRoot`,
              equals: true,
            },
          },
        ],
        unsafe: [
          {
            name: 'let-it-be-root',
            because: 'the program runs as root, which its definition had ruled out',
            lines: [
              `kubectl patch deployment ${site.workload.metadata.name} -n ${site.workload.metadata.namespace} --type=json --patch '[{"op": "remove", "path": "/spec/template/spec/containers/0/securityContext/runAsNonRoot"}]'`,
            ],
          },
          withoutLimits(site.workload),
        ],
      }
    },
  },
  {
    ...common,
    name: 'namespace-has-become-strict',
    cause:
      'The namespace enforces the restricted profile since today, as was decided, and the release does not say what that asks for.',
    needs: 'a Deployment without init containers in a namespace that enforces baseline',
    diagnosis: 'The ReplicaSet says which fields its pods miss for the restricted profile.',
    unsafeFamily: 'the namespace opened again; the limits removed as well',
    find: (world) =>
      baselineSites(world).filter(
        ({ workload }) => listAt(workload, 'spec', 'template', 'spec', 'initContainers').length === 0,
      ),
    strike(site, world, dice) {
      const { name = '' } = site.object?.metadata ?? {}
      const path = containerPath(site.workload)
      return {
        ...podSigns(world, site.workload),
        edits: [
          { on: { kind: 'Namespace', name }, set: { [level]: 'restricted' } },
          { on: refOf(site.workload), set: { 'spec.template.metadata.annotations.release': `r${10 + dice.roll(80)}` } },
        ],
        repair: [
          {
            on: refOf(site.workload),
            set: {
              'spec.template.spec.securityContext': { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
              [`${path}.securityContext`]: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          },
        ],
        permissions: ['patch namespaces'],
        isAlone: true,
        within: '120s',
        told: `The security team reminds everybody that ${name} has been closed for what does not say how little it needs, and stays so.`,
        unsafe: [openTheNamespace(name, 'baseline'), withoutLimits(site.workload)],
      }
    },
  },
]
