import { refOf } from '../objects.ts'
import type { World } from '../worlds/world.ts'
import type { Dice } from '../../manifest/generate/dice.ts'
import type { Operator, Site, Strike, UnsafeRepair } from './operator.ts'
import { podSigns } from './signs.ts'
import { deploymentSites } from './sites.ts'
import { patchLine, recreate, restartEverything, withoutLimits } from './unsafe.ts'

const common = {
  kind: 'scheduling',
  needs: 'a Deployment that a client depends on',
  find: (world: World) => deploymentSites(world),
} as const

/** The node is made what the pods ask for, instead of the pods asking for what there is. */
function labelTheNode(key: string, value: string): UnsafeRepair {
  return {
    name: 'label-the-node',
    because: 'the node now says of itself what is not so, for everybody who reads its labels',
    lines: [`kubectl label nodes --all ${key}=${value}`],
  }
}

function placed(
  site: Site,
  world: World,
  field: string,
  value: unknown,
): Pick<Strike, 'edits'> & ReturnType<typeof podSigns> {
  return {
    ...podSigns(world, site.workload),
    edits: [{ on: refOf(site.workload), set: { [`spec.template.spec.${field}`]: value } }],
  }
}

const labels = (dice: Dice): readonly [string, string] =>
  dice.pick([
    ['disk', 'ssd'],
    ['pool', 'frontend'],
    ['zone', 'b'],
    ['generation', '4'],
  ] as const)

export const scheduling: readonly Operator[] = [
  {
    ...common,
    name: 'node-that-nobody-has',
    cause: 'Pods ask for a node with a label that no node has.',
    diagnosis: 'New pods are pending; compare their node selector with the labels of the nodes.',
    unsafeFamily: 'the node labelled; the program made anew',
    strike(site, world, dice) {
      const [key, value] = labels(dice)
      return {
        ...placed(site, world, 'nodeSelector', { [key]: value }),
        permissions: ['patch nodes'],
        unsafe: [labelTheNode(key, value), recreate(site.workload)],
      }
    },
  },
  {
    ...common,
    name: 'affinity-to-nobody',
    cause: 'Pods insist on nodes of a kind that there is not.',
    diagnosis: 'New pods are pending; their node affinity is required and fits no node.',
    unsafeFamily: 'the node labelled; everything restarted',
    strike(site, world, dice) {
      const [key, value] = labels(dice)
      const terms = [{ matchExpressions: [{ key, operator: 'In', values: [value] }] }]
      return {
        ...placed(site, world, 'affinity', {
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } },
        }),
        permissions: ['patch nodes'],
        unsafe: [labelTheNode(key, value), restartEverything(site.workload.metadata.namespace ?? '')],
      }
    },
  },
  {
    ...common,
    name: 'keeps-away-from-itself',
    needs: 'a Deployment with two replicas or more, on fewer nodes than that',
    find: (world) => deploymentSites(world, 2),
    cause: 'No two pods of the program may share a node, and there are not enough nodes.',
    diagnosis: 'One pod is pending and its event speaks of anti-affinity; count the nodes.',
    unsafeFamily: 'the program made anew; the limits removed as well',
    strike(site, world) {
      const term = {
        labelSelector: { matchLabels: { app: site.workload.metadata.name } },
        topologyKey: 'kubernetes.io/hostname',
      }
      const signs = podSigns(world, site.workload)
      return {
        // whoever waits for all old pods to go still places one of the new ones
        ...signs,
        symptom: signs.isTraffic ? [] : signs.symptom,
        seen: [
          `the board has shown ${site.workload.metadata.name} in ${site.workload.metadata.namespace} with fewer pods than it should have`,
        ],
        isTraffic: false,
        edits: [
          {
            on: refOf(site.workload),
            set: {
              'spec.template.spec.affinity': {
                podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
              },
            },
          },
        ],
        unsafe: [recreate(site.workload), withoutLimits(site.workload)],
      }
    },
  },
  {
    ...common,
    name: 'spread-over-nothing',
    cause: 'Pods are to be spread over zones, and nodes do not say in which zone they are.',
    diagnosis: 'New pods are pending; the event says that nodes miss the label of a spread constraint.',
    unsafeFamily: 'the node labelled; the program made anew',
    strike(site, world, dice) {
      const topologyKey = dice.pick(['topology.kubernetes.io/zone', 'topology.kubernetes.io/region', 'rack'])
      const labelSelector = { matchLabels: { app: site.workload.metadata.name } }
      return {
        ...placed(site, world, 'topologySpreadConstraints', [
          { maxSkew: 1, topologyKey, whenUnsatisfiable: 'DoNotSchedule', labelSelector },
        ]),
        permissions: ['patch nodes'],
        unsafe: [labelTheNode(topologyKey, 'a'), recreate(site.workload)],
      }
    },
  },
  {
    ...common,
    name: 'scheduler-that-is-not-there',
    cause: 'Pods wait for a scheduler that this cluster does not have.',
    diagnosis: 'New pods are pending without any event; they name their scheduler.',
    unsafeFamily: 'pods nailed to a node by its name; the program made anew',
    strike(site, world, dice) {
      const { name, namespace } = site.workload.metadata
      return {
        ...placed(site, world, 'schedulerName', dice.pick(['batch-scheduler', 'volcano', 'bin-packer'])),
        unsafe: [
          {
            name: 'nail-it-to-a-node',
            because: 'the pods are tied to one node by its name, past any scheduler',
            lines: [
              "node=$(kubectl get nodes -o jsonpath='{.items[0].metadata.name}')",
              `kubectl patch deployment ${name} -n ${namespace} --type=json --patch '[{"op": "add", "path": "/spec/template/spec/nodeName", "value": "'"$node"'"}]'`,
            ],
          },
          recreate(site.workload),
        ],
      }
    },
  },
]

export const initContainers: readonly Operator[] = (
  [
    {
      name: 'waits-for-somebody-else',
      cause: 'An init container waits for a host that does not exist.',
      change: (args: string, dice: Dice) =>
        args.replace(
          /\/\/([^:/]+):/,
          (_, host: string) => `//${host.split('.')[0]}-${dice.pick(['svc', 'old', 'v1'])}:`,
        ),
      diagnosis:
        'New pods stay in their init container, whose log says that something is not there yet; compare the name with the Services.',
    },
    {
      name: 'waits-at-another-port',
      cause: 'An init container waits for a port that nobody opens.',
      change: (args: string, dice: Dice) =>
        args.replace(
          /(\/\/[^:/]+):(\d+)/,
          (_, host: string, port: string) => `${host}:${Number(port) + 1 + dice.roll(9)}`,
        ),
      diagnosis: 'New pods stay in their init container; the host it waits for is there, and has another port.',
    },
    {
      name: 'init-that-cannot-be-started',
      cause: 'The command of an init container is misspelled.',
      change: undefined,
      diagnosis: 'New pods cannot start their init container; the event names the file.',
    },
  ] as const
).map(({ name, cause, change, diagnosis }): Operator => ({
  name,
  kind: 'init-containers',
  feature: 'waiting',
  cause,
  diagnosis,
  needs: 'a Deployment with an init container that waits for somebody',
  unsafeFamily: 'the init container removed; everything restarted',
  find: (world) => deploymentSites(world).filter(({ workload }) => initOf(workload) !== undefined),
  strike(site, world, dice) {
    const init = initOf(site.workload)
    const path = `spec.template.spec.initContainers[name=${init?.name}]`
    const edit: Record<string, unknown> = change
      ? { [`${path}.args[0]`]: change(init?.args[0] ?? '', dice) }
      : { [`${path}.command[0]`]: dice.pick(['bash', 'ash-static', '/bin/dash']) }
    return {
      ...podSigns(world, site.workload),
      edits: [{ on: refOf(site.workload), set: edit }],
      unsafe: [
        {
          name: 'wait-for-nobody',
          because: 'the program no longer waits for what it needs, and starts into errors the next time',
          lines: [patchLine(refOf(site.workload), [{ op: 'remove', path: '/spec/template/spec/initContainers' }])],
        },
        restartEverything(site.workload.metadata.namespace ?? ''),
      ],
    }
  },
}))

function initOf(workload: Site['workload']): { name: string; args: string[] } | undefined {
  const spec = workload['spec'] as { template: { spec: { initContainers?: { name: string; args: string[] }[] } } }
  return spec.template.spec.initContainers?.[0]
}
