import type { KubeObject } from '../../base/kube-client.ts'
import { fieldOf, listAt, objectAt, textAt } from '../../state/json.ts'
import { clientsThrough, containerOf, linksOf, replicasOf, servicesOf, workloadsOf } from '../worlds/system-map.ts'
import type { World } from '../worlds/world.ts'
import type { Site } from './operator.ts'

/** Places that many operators look for. */

/** Deployments that answer for a client: whose failing somebody would notice. */
export function servedDeployments(world: World): KubeObject[] {
  return workloadsOf(world.objects).filter(
    (workload) =>
      workload.kind === 'Deployment' &&
      servicesOf(world.objects, workload).length > 0 &&
      clientsThrough(world, workload).length > 0,
  )
}

export function deploymentSites(world: World, atLeast = 1): Site[] {
  return servedDeployments(world)
    .filter((workload) => replicasOf(workload) >= atLeast)
    .map((workload) => ({ workload }))
}

/** Services in front of Deployments that a client depends on. */
export function serviceSites(world: World): Site[] {
  return servedDeployments(world).flatMap((workload) =>
    servicesOf(world.objects, workload).map((object) => ({ workload, object })),
  )
}

/** Deployments that say in an argument whom they ask, each with whom. */
export function argumentLinks(world: World): Site[] {
  const served = new Set(servedDeployments(world))
  return linksOf(world.objects)
    .filter(({ from, to, at }) => served.has(from) && to.kind === 'Deployment' && at.on.kind === 'Deployment')
    .map((link) => ({ workload: link.from, link }))
}

/** Deployments that have it from a ConfigMap. */
export function configuredLinks(world: World): Site[] {
  const served = new Set(servedDeployments(world))
  return linksOf(world.objects)
    .filter(({ from, at }) => served.has(from) && at.on.kind === 'ConfigMap')
    .map((link) => ({ workload: link.from, link, object: findMap(world, link.from, link.at.on.name) as KubeObject }))
}

function findMap(world: World, workload: KubeObject, name: string): KubeObject | undefined {
  return world.objects.find(
    ({ kind, metadata }) =>
      kind === 'ConfigMap' && metadata.name === name && metadata.namespace === workload.metadata.namespace,
  )
}

/** Objects of a kind whose label or selector names a Deployment of their namespace. */
export function companionsOf(world: World, kind: string): Site[] {
  return world.objects
    .filter((object) => object.kind === kind)
    .flatMap((object) =>
      servedDeployments(world)
        .filter(
          ({ metadata }) =>
            metadata.namespace === object.metadata.namespace && object.metadata.labels?.['app'] === metadata.name,
        )
        .map((workload) => ({ workload, object })),
    )
}

/** The environment variable of a container that comes from such a reference. */
export function variableFrom(
  workload: KubeObject,
  source: 'configMapKeyRef' | 'secretKeyRef',
): { at: number; name: string; ref: string; key: string } | undefined {
  const env = listAt(containerOf(workload), 'env')
  const at = env.findIndex((entry) => fieldOf(entry, 'valueFrom', source) !== undefined)
  if (at < 0) return undefined
  const ref = objectAt(env[at], 'valueFrom', source)
  return { at, name: textAt(env[at], 'name') ?? '', ref: textAt(ref, 'name') ?? '', key: textAt(ref, 'key') ?? '' }
}

/** Namespaced objects of a kind in a workload's namespace. */
export function neighbours(world: World, workload: KubeObject, kind: string): KubeObject[] {
  return world.objects.filter((o) => o.kind === kind && o.metadata.namespace === workload.metadata.namespace)
}
