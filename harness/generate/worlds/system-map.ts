import type { KubeObject } from '../../base/kube-client.ts'
import { fieldOf, listAt, objectAt, textAt } from '../../state/json.ts'
import { refOf, type ObjectRef } from '../objects.ts'
import type { Client, World } from './world.ts'

/** What can be read off the objects of a world: who runs, who stands behind which Service, and who asks whom. */

/** Deployments and StatefulSets. */
export function workloadsOf(objects: readonly KubeObject[]): KubeObject[] {
  return objects.filter(({ kind }) => kind === 'Deployment' || kind === 'StatefulSet')
}

/** `deployment/web`, as verifiers name workloads. */
export function workloadName({ kind, name }: ObjectRef): string {
  return `${kind.toLowerCase()}/${name}`
}

export function containerOf(workload: KubeObject): Record<string, unknown> {
  return (listAt(workload, 'spec', 'template', 'spec', 'containers')[0] ?? {}) as Record<string, unknown>
}

/** The path of a workload's first container, for edits. */
export function containerPath(workload: KubeObject): string {
  return `spec.template.spec.containers[name=${textAt(containerOf(workload), 'name')}]`
}

export function replicasOf(workload: KubeObject): number {
  return (fieldOf(workload, 'spec', 'replicas') as number | undefined) ?? 1
}

export function selects(service: KubeObject, workload: KubeObject): boolean {
  const selector = Object.entries(objectAt(service, 'spec', 'selector'))
  const labels = objectAt(workload, 'spec', 'template', 'metadata', 'labels')
  const isThere = service.metadata.namespace === workload.metadata.namespace
  return isThere && selector.length > 0 && selector.every(([key, value]) => labels[key] === value)
}

export function servicesOf(objects: readonly KubeObject[], workload: KubeObject): KubeObject[] {
  return objects.filter((object) => object.kind === 'Service' && selects(object, workload))
}

/** One place where a workload is told of another: in an argument, or in a key of a ConfigMap that its environment takes. */
export interface Link {
  from: KubeObject
  to: KubeObject
  service: KubeObject
  /** Host and port as they are written. */
  host: string
  port: number
  /** The object and field that has it, and the whole text there. */
  at: { on: ObjectRef; path: string; text: string }
}

/** Every link between two workloads of the world. */
export function linksOf(objects: readonly KubeObject[]): Link[] {
  return workloadsOf(objects).flatMap((from) =>
    placesOf(objects, from).flatMap(({ text, ...place }) =>
      [...text.matchAll(/\b(?:https?|tcp):\/\/([a-z0-9.-]+):(\d+)/g)].flatMap(([, host = '', port = '']): Link[] => {
        const found = findTarget(objects, host, from.metadata.namespace ?? '')
        return found ? [{ from, ...found, host, port: Number(port), at: { ...place, text } }] : []
      }),
    ),
  )
}

function placesOf(objects: readonly KubeObject[], workload: KubeObject): Link['at'][] {
  const path = containerPath(workload)
  const args = listAt(containerOf(workload), 'args').map((text, i) => ({
    on: refOf(workload),
    path: `${path}.args[${i}]`,
    text: String(text),
  }))
  const refs = listAt(containerOf(workload), 'env').map((entry) => objectAt(entry, 'valueFrom', 'configMapKeyRef'))
  const configured = refs.flatMap((ref) => {
    const [name, key] = [textAt(ref, 'name'), textAt(ref, 'key')]
    const map = objects.find((o) => o.kind === 'ConfigMap' && o.metadata.name === name && isIn(o, workload))
    const text = key === undefined ? undefined : textAt(map, 'data', key)
    return map && key !== undefined && text !== undefined ? [{ on: refOf(map), path: `data["${key}"]`, text }] : []
  })
  return [...args, ...configured]
}

function findTarget(
  objects: readonly KubeObject[],
  host: string,
  from: string,
): Pick<Link, 'to' | 'service'> | undefined {
  const parts = host.split('.')
  // a pod of a StatefulSet is named before its Service
  const candidates = [parts, parts.slice(1)].flatMap(([name, namespace = from]) =>
    objects.filter((o) => o.kind === 'Service' && o.metadata.name === name && o.metadata.namespace === namespace),
  )
  for (const service of candidates) {
    const to = workloadsOf(objects).find((workload) => selects(service, workload))
    if (to) return { to, service }
  }
  return undefined
}

export function isIn(object: KubeObject, other: KubeObject): boolean {
  return object.metadata.namespace === other.metadata.namespace
}

/** The clients whose answers depend on a workload, each with how many calls away it is. */
export function clientsThrough(world: World, workload: KubeObject): { client: Client; hops: number }[] {
  const links = linksOf(world.objects)
  return world.clients.flatMap((client) => {
    const start = world.objects.find(
      ({ kind, metadata }) =>
        kind === 'Deployment' && metadata.name === client.name && metadata.namespace === client.namespace,
    )
    const hops = start ? distance(links, start, workload) : undefined
    return hops === undefined ? [] : [{ client, hops }]
  })
}

function distance(links: readonly Link[], from: KubeObject, to: KubeObject): number | undefined {
  const seen = new Set([from])
  let here = [from]
  for (let hops = 0; here.length > 0; hops++) {
    if (here.includes(to)) return hops
    here = [...new Set(here.flatMap((at) => links.filter((link) => link.from === at).map((link) => link.to)))].filter(
      (next) => !seen.has(next),
    )
    for (const next of here) seen.add(next)
  }
  return undefined
}

/** Whether one workload can only be reached through another, on the way of some client. */
export function isBehind(world: World, workload: KubeObject, front: KubeObject): boolean {
  return workload !== front && distance(linksOf(world.objects), front, workload) !== undefined
}
