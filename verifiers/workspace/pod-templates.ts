import { isObject, listAt, objectAt, textAt, type JsonObject } from '../../harness/state/json.ts'
import type { Manifest } from './read-manifests.ts'

/** The pods that a manifest would make. */
export interface PodTemplate {
  manifest: Manifest
  namespace: string
  labels: JsonObject
  /** How the workload knows its pods; undefined for what has none of its own. */
  selector: JsonObject | undefined
  containers: unknown[]
  volumes: unknown[]
}

/** The pods of all workloads among some manifests. */
export function podTemplates(manifests: readonly Manifest[]): PodTemplate[] {
  return manifests.flatMap((manifest) => {
    const { object } = manifest
    const template = templateOf(object)
    if (!template) return []
    const spec = objectAt(template, 'spec')
    const selector = objectAt(object, 'spec', 'selector')
    return [
      {
        manifest,
        namespace: textAt(object, 'metadata', 'namespace') ?? 'default',
        labels: objectAt(template, 'metadata', 'labels'),
        selector: selecting.has(textAt(object, 'kind') ?? '') ? selector : undefined,
        containers: [...listAt(spec, 'initContainers'), ...listAt(spec, 'containers')],
        volumes: listAt(spec, 'volumes'),
      },
    ]
  })
}

/** Whether a label selector fits labels. An empty one fits everything, as in Kubernetes. */
export function selectorMatches(selector: JsonObject, labels: JsonObject): boolean {
  const isEqual = Object.entries(objectAt(selector, 'matchLabels')).every(([key, value]) => labels[key] === value)
  return isEqual && listAt(selector, 'matchExpressions').every((expression) => isExpressionMet(expression, labels))
}

const selecting = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet'])

function templateOf(object: JsonObject): JsonObject | undefined {
  switch (textAt(object, 'kind')) {
    case 'Pod':
      return object
    case 'CronJob':
      return objectAt(object, 'spec', 'jobTemplate', 'spec', 'template')
    case 'Deployment':
    case 'StatefulSet':
    case 'DaemonSet':
    case 'ReplicaSet':
    case 'Job':
      return objectAt(object, 'spec', 'template')
    default:
      return undefined
  }
}

function isExpressionMet(expression: unknown, labels: JsonObject): boolean {
  if (!isObject(expression)) return false
  const key = textAt(expression, 'key') ?? ''
  const isThere = Object.hasOwn(labels, key)
  const isIn = isThere && listAt(expression, 'values').includes(labels[key])
  switch (textAt(expression, 'operator')) {
    case 'In':
      return isIn
    case 'NotIn':
      return !isIn
    case 'Exists':
      return isThere
    case 'DoesNotExist':
      return !isThere
    default:
      return false
  }
}
