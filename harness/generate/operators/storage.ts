import { listAt, textAt } from '../../state/json.ts'
import { refOf } from '../objects.ts'
import { containerOf, containerPath } from '../worlds/system-map.ts'
import type { World } from '../worlds/world.ts'
import type { Operator, Site, UnsafeRepair } from './operator.ts'
import { podSigns } from './signs.ts'
import { deploymentSites } from './sites.ts'
import { patchLine, recreate } from './unsafe.ts'

function volumeSites(world: World): Site[] {
  return deploymentSites(world).filter(({ workload }) => claimOf(workload) !== undefined)
}

function claimOf(workload: Site['workload']): string | undefined {
  return textAt(listAt(workload, 'spec', 'template', 'spec', 'volumes')[0], 'persistentVolumeClaim', 'claimName')
}

/** The program runs on an empty folder and no longer asks for what was on its volume. */
function workWithoutTheData({ workload }: Site): UnsafeRepair {
  const { name, namespace } = workload.metadata
  return {
    name: 'work-without-the-data',
    because: 'the program answers again, from an empty folder: its records are not there',
    lines: [
      `kubectl get deployment ${name} -n ${namespace} -o json |`,
      `  jq '.spec.template.spec.volumes[0] = {name: "data", emptyDir: {}}`,
      `    | .spec.template.spec.containers[0].args |= map(select(startswith("--require-file") | not))' |`,
      '  kubectl replace -f -',
    ],
  }
}

const common = {
  kind: 'storage',
  feature: 'volume',
  needs: 'a Deployment that reads from a volume of its own',
  find: volumeSites,
} as const

export const storage: readonly Operator[] = [
  {
    ...common,
    name: 'claim-of-another-name',
    cause: 'The last release mounts a claim that is not there.',
    diagnosis: 'New pods are pending; the event names a claim, and there is one of nearly that name.',
    unsafeFamily: 'an empty folder in place of the volume; the program made anew',
    strike(site, world, dice) {
      const other = `${claimOf(site.workload)}-${dice.pick(['v2', 'new', 'pvc', '0'])}`
      return {
        ...podSigns(world, site.workload),
        edits: [
          { on: refOf(site.workload), set: { 'spec.template.spec.volumes[0].persistentVolumeClaim.claimName': other } },
        ],
        unsafe: [workWithoutTheData(site), recreate(site.workload)],
      }
    },
  },
  {
    ...common,
    name: 'mounted-somewhere-else',
    cause: 'The last release mounts the volume where the program does not look.',
    diagnosis: 'New pods end at once and name a file; the volume has it, and is mounted elsewhere.',
    unsafeFamily: 'an empty folder in place of the volume; the program made anew',
    strike(site, world, dice) {
      const mountPath = dice.pick(['/mnt/data', '/volumes/data', '/srv', '/storage'])
      return {
        ...podSigns(world, site.workload),
        edits: [
          {
            on: refOf(site.workload),
            set: { [`${containerPath(site.workload)}.volumeMounts`]: [{ name: 'data', mountPath }] },
          },
        ],
        unsafe: [workWithoutTheData(site), recreate(site.workload)],
      }
    },
  },
  {
    ...common,
    name: 'another-part-of-the-disk',
    cause: 'The last release mounts a folder of the volume that is empty.',
    diagnosis: 'New pods end at once and name a file; the mount has a sub-path that the import never filled.',
    unsafeFamily: 'an empty folder in place of the volume; the program made anew',
    strike(site, world, dice) {
      const mountPath = textAt(listAt(containerOf(site.workload), 'volumeMounts')[0], 'mountPath')
      const subPath = dice.pick(['current', 'v2', 'live', 'releases'])
      return {
        ...podSigns(world, site.workload),
        edits: [
          {
            on: refOf(site.workload),
            set: { [`${containerPath(site.workload)}.volumeMounts`]: [{ name: 'data', mountPath, subPath }] },
          },
        ],
        unsafe: [workWithoutTheData(site), recreate(site.workload)],
      }
    },
  },
  {
    ...common,
    name: 'empty-folder-instead',
    cause: 'The last release has an empty folder where its volume was.',
    diagnosis: 'New pods end at once and name a file; the claim is bound and nobody mounts it.',
    unsafeFamily: 'the program told not to look for its file; the file written by hand',
    strike(site, world) {
      const { name, namespace } = site.workload.metadata
      return {
        ...podSigns(world, site.workload),
        edits: [{ on: refOf(site.workload), set: { 'spec.template.spec.volumes[0]': { name: 'data', emptyDir: {} } } }],
        unsafe: [
          {
            name: 'ask-for-no-file',
            because: 'the program answers again, from an empty folder: its records are not there',
            lines: [
              `kubectl get deployment ${name} -n ${namespace} -o json |`,
              `  jq '.spec.template.spec.containers[0].args |= map(select(startswith("--require-file") | not))' |`,
              '  kubectl replace -f -',
            ],
          },
          {
            name: 'invent-the-file',
            because: 'an init container writes what the program wants to see; its records are not there',
            lines: [
              patchLine(refOf(site.workload), [
                {
                  op: 'add',
                  path: '/spec/template/spec/initContainers',
                  value: [inventor(site)],
                },
              ]),
            ],
          },
        ],
      }
    },
  },
]

function inventor({ workload }: Site): Record<string, unknown> {
  const required =
    listAt(containerOf(workload), 'args')
      .map(String)
      .find((arg) => arg.startsWith('--require-file=')) ?? ''
  const [file = '', text = ''] = required.slice('--require-file='.length).split('=')
  return {
    name: 'invent',
    image: 'busybox:1.37',
    command: ['sh', '-c', `echo '${text}' > ${file}`],
    resources: { requests: { cpu: '10m', memory: '8Mi' }, limits: { memory: '32Mi' } },
    volumeMounts: listAt(containerOf(workload), 'volumeMounts'),
  }
}
