import type { KubeObject } from '../base/kube-client.ts'
import { isObject, listAt, fieldOf, textAt, type JsonObject } from './json.ts'

/** Where a pod's spec is in objects that are pods or make them; undefined for all others. */
export function podSpecOf(object: KubeObject | undefined): { spec: JsonObject; path: string } | undefined {
  for (const path of object === undefined ? [] : (placesOf[object.kind] ?? [])) {
    const spec = fieldOf(object, ...path.split('.'))
    if (isObject(spec)) return { spec, path }
  }
  return undefined
}

/** All containers of a pod's spec by name, with the field that holds them. */
export function containersOf(spec: JsonObject): { name: string; field: string; container: JsonObject }[] {
  return ['containers', 'initContainers', 'ephemeralContainers'].flatMap((field) =>
    listAt(spec, field)
      .filter(isObject)
      .map((container) => ({ name: textAt(container, 'name') ?? '', field, container })),
  )
}

const placesOf: Record<string, string[]> = {
  Pod: ['spec'],
  PodTemplate: ['template.spec'],
  CronJob: ['spec.jobTemplate.spec.template.spec'],
  ...Object.fromEntries(
    ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job', 'ReplicationController'].map((kind) => [
      kind,
      ['spec.template.spec'],
    ]),
  ),
}
