import type { KubeObject } from '../base/kube-client.ts'
import { canonicalJson } from '../state/json.ts'
import { normalizeObject } from '../state/normalize-object.ts'
import { typesOf } from '../state/types/known-types.ts'

const typeOf = typesOf()

/** Annotations that controllers write. */
const controllersOwn =
  /^(deployment|pv|volume|autoscaling|batch)\.kubernetes\.io\/|^kubectl\.kubernetes\.io\/last-applied/

/**
 * An object in the one form of all that Kubernetes treats as equal: fields in order, defaults filled in, quantities in
 * one spelling, lists that are sets sorted; without status and bookkeeping.
 */
export function canonicalObject(object: KubeObject): KubeObject {
  const { labels = {}, annotations = {}, name, namespace } = object.metadata
  const kept = Object.fromEntries(Object.entries(annotations).filter(([key]) => !controllersOwn.test(key)))
  const metadata = { name, ...(namespace === undefined ? {} : { namespace }), labels, annotations: kept }
  return normalizeObject({ ...object, metadata }, typeOf)
}

/** One text for all streams of objects that mean the same; the order of objects does not count. */
export function canonicalText(objects: readonly KubeObject[]): string {
  return objects
    .map((object) => canonicalJson(canonicalObject(object)))
    .toSorted()
    .join('\n')
}

/** The same text for tasks that differ in names only: what near-duplicates have in common. */
export function canonicalShape(objects: readonly KubeObject[]): string {
  const names = new Map<string, string>()
  for (const { metadata } of objects) {
    for (const name of [metadata.name, metadata.namespace]) if (name) names.set(name, `name-${names.size}`)
  }
  const renamed = (value: unknown): unknown => {
    if (typeof value === 'string') return names.get(value) ?? value
    if (Array.isArray(value)) return value.map(renamed)
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, renamed(inner)]))
  }
  return canonicalText(objects.map((object) => renamed(object) as KubeObject))
}
