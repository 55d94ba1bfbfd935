import { stringify } from 'yaml'
import { InputError, messageOf } from '../../base/errors.ts'
import { collectionPath, type ApiResource, type KubeClient, type KubeObject } from '../../base/kube-client.ts'
import { groupOf } from '../../base/kube-kinds.ts'
import { imagesOf } from '../../task/images.ts'
import { contractScript, type Skeleton } from '../new/skeleton.ts'
import type { ImportedTask } from './bench-task.ts'
import { scrubObjects } from './scrub-objects.ts'

/**
 * Makes a task's skeleton of what is in a namespace of a real cluster. It only reads; what it read is scrubbed before
 * anything is written. A fault to begin with takes one workload away.
 */
export async function importNamespace(
  client: KubeClient,
  options: { namespace: string; as: string },
): Promise<ImportedTask> {
  const { objects, unreadable } = await exportNamespace(client, options.namespace)
  if (objects.length === 0) throw new InputError([`namespace ${options.namespace}: there is nothing in it to export`])
  const { objects: clean, notes } = scrubObjects(objects, options)
  const isCustom = ({ apiVersion }: KubeObject): boolean => !builtInGroup.test(groupOf(apiVersion))
  const world = clean.filter((object) => !isCustom(object))
  const workloads = world.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
  const [first] = workloads
  if (!first) throw new InputError([`namespace ${options.namespace}: there is no Deployment and no StatefulSet in it`])
  const custom = [...new Set(clean.filter(isCustom).map(({ apiVersion, kind }) => `${kind} (${apiVersion})`))]
  const remarks = [
    ...notes.map((note) => `taken out: ${note}`),
    ...unreadable,
    ...custom.map((kind) => `not exported, because its definition is needed as well: ${kind}`),
    `images: ${[...new Set(world.flatMap(imagesOf))].toSorted().join(', ')}`,
    ...world.filter(({ kind }) => kind === 'RoleBinding').flatMap(strangeRole(world)),
    'look through environment/world/ for what only you know to be private, before it leaves this machine',
    'the fault, the contract and the repair are only to begin with: write your own',
  ]
  return { skeleton: skeletonOf(world, workloads, first, { ...options, remarks }), remarks }
}

/** Everything in a namespace that people or tools put there, and what could not be read. */
async function exportNamespace(
  client: KubeClient,
  namespace: string,
): Promise<{ objects: KubeObject[]; unreadable: string[] }> {
  const kinds = new Map<string, ApiResource>()
  for (const resource of await client.resources()) {
    const key = `${resource.group}/${resource.plural}`
    const isListed = resource.isNamespaced && resource.verbs.includes('list') && !resource.plural.includes('/')
    if (isListed && !passing.test(key) && !kinds.has(key)) kinds.set(key, resource)
  }
  const unreadable: string[] = []
  const lists = await Promise.all(
    [...kinds.values()].map((kind) =>
      client.list(collectionPath(kind, namespace)).catch((error: unknown) => {
        unreadable.push(`${kind.plural} could not be read: ${messageOf(error)}`)
        return []
      }),
    ),
  )
  return { objects: lists.flat().filter(isSomebodys), unreadable: unreadable.toSorted() }
}

/** What comes and goes by itself. */
const passing =
  /^(?:\/(?:events|endpoints|bindings)|events\.k8s\.io\/.*|discovery\.k8s\.io\/.*|coordination\.k8s\.io\/.*|.*metrics\.k8s\.io\/.*|apps\/controllerrevisions|authorization\.k8s\.io\/.*)$/

/** What no controller made from something else, and no cluster puts into every namespace. */
function isSomebodys({ kind, metadata, type }: KubeObject & { type?: string }): boolean {
  const owners = (metadata as { ownerReferences?: { controller?: boolean }[] }).ownerReferences ?? []
  if (owners.some(({ controller }) => controller)) return false
  if (kind === 'ConfigMap' && metadata.name === 'kube-root-ca.crt') return false
  if (kind === 'ServiceAccount' && metadata.name === 'default') return false
  return !(kind === 'Secret' && (type === 'kubernetes.io/service-account-token' || type === 'helm.sh/release.v1'))
}

const builtInGroup = /^(?:|apps|batch|autoscaling|policy|(?:.*\.)?k8s\.io)$/

/** A binding to what was not exported gives nobody anything. */
function strangeRole(world: readonly KubeObject[]): (binding: KubeObject) => string[] {
  const roles = new Set(world.filter(({ kind }) => kind === 'Role').map(({ metadata }) => metadata.name))
  return (binding) => {
    const { kind, name } = binding['roleRef'] as { kind: string; name: string }
    const isThere = kind === 'Role' ? roles.has(name) : ['view', 'edit', 'admin', 'cluster-admin'].includes(name)
    return isThere ? [] : [`${binding.metadata.name} binds ${kind} ${name}, which is not in the world`]
  }
}

function skeletonOf(
  world: readonly KubeObject[],
  workloads: readonly KubeObject[],
  first: KubeObject,
  { as, remarks }: { as: string; remarks: readonly string[] },
): Skeleton {
  const kinds = new Set(world.map(({ kind }) => kind))
  const addons = Object.entries(addonOf).flatMap(([kind, addon]) => (kinds.has(kind) ? [addon] : []))
  const { name } = first.metadata
  const kind = first.kind.toLowerCase()
  const replicas = (first['spec'] as { replicas?: number }).replicas ?? 1
  return {
    description: 'Imported from a namespace; tell here what happened',
    difficulty: 'medium',
    category: 'imported',
    tags: ['imported'],
    permissions: [`edit -n ${as}`],
    files: {
      'README.md': `# Imported from a namespace\n\n**Story.** ...\n\n**Cause.** \`${kind}/${name}\` has no replicas. (To begin with.)\n\n**Intended repair.** ...\n\n**Traps.** ...\n\n**Still to do.**\n${remarks.map((remark) => `- ${remark}\n`).join('')}`,
      'instruction.md':
        'Something does not work since this morning. (Tell here what people notice, and what must be kept.)\n',
      'environment/cluster.yaml': `nodes:\n  - name: node-1\n${addons.length > 0 ? `addons: [${addons.join(', ')}]\n` : ''}`,
      ...worldFiles(world, as),
      'environment/fault/10-fault.yaml': stringify({
        apiVersion: first.apiVersion,
        kind: first.kind,
        metadata: { name, namespace: as },
        spec: { replicas: 0 },
      }),
      'solution/solve.sh': `#!/bin/bash\nset -euo pipefail\nkubectl scale ${kind}/${name} -n ${as} --replicas=${replicas}\nkubectl rollout status ${kind}/${name} -n ${as} --timeout=120s\n`,
      'tests/contract.yaml': contractYaml(workloads, { kind, name, as }),
      'tests/test.sh': contractScript,
    },
  }
}

const addonOf: Record<string, string> = {
  NetworkPolicy: 'network-policy',
  HorizontalPodAutoscaler: 'metrics-server',
  PersistentVolumeClaim: 'storage',
  Ingress: 'ingress',
}

/** A file for each sort of object, in the order in which they need each other. */
function worldFiles(world: readonly KubeObject[], namespace: string): Record<string, string> {
  const made: KubeObject = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }
  const byFile = Map.groupBy(
    [made, ...world],
    ({ kind }) => files.find(([, kinds]) => kinds.includes(kind))?.[0] ?? '60-others',
  )
  return Object.fromEntries(
    [...byFile]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([file, objects]) => [`environment/world/${file}.yaml`, objects.map((one) => stringify(one)).join('---\n')]),
  )
}

const files: [string, string[]][] = [
  ['00-namespace', ['Namespace']],
  ['10-limits', ['ResourceQuota', 'LimitRange', 'NetworkPolicy']],
  ['20-access', ['ServiceAccount', 'Role', 'RoleBinding']],
  ['30-settings', ['ConfigMap', 'Secret', 'PersistentVolumeClaim']],
  ['40-services', ['Service', 'Ingress']],
  ['50-workloads', ['Deployment', 'StatefulSet', 'DaemonSet', 'CronJob', 'Job', 'Pod']],
]

function contractYaml(
  workloads: readonly KubeObject[],
  { kind, name, as }: { kind: string; name: string; as: string },
): string {
  const available = (object: KubeObject): string => {
    const { replicas = 1 } = object['spec'] as { replicas?: number }
    return `  - ${object.kind.toLowerCase()}-available: { namespace: ${as}, name: ${object.metadata.name}, replicas: ${replicas} }\n`
  }
  const wanted = workloads.filter((one) => (one['spec'] as { replicas?: number }).replicas !== 0)
  return `outcome:\n${wanted.map(available).join('')}healthy:\n${wanted.map(available).join('')}symptom:
  - field-equals: { object: ${kind}/${name}, namespace: ${as}, path: status.readyReplicas, absent: true }
stable-for: 5s
may-change:
  - ${kind}/${name} -n ${as}: [spec.replicas]
`
}
