import type { KubeObject } from '../../base/kube-client.ts'
import { canonicalJson, isObject } from '../../state/json.ts'
import { canonicalObject } from '../canonical.ts'

/** An object as somebody would write it: without what the server adds, and without fields that only say the default. */
export function bareObject(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, status: _, ...rest } = object
  const { name, namespace, labels, annotations } = metadata
  const own = Object.fromEntries(Object.entries(annotations ?? {}).filter(([key]) => !serversOwn.test(key)))
  const bare: KubeObject = {
    apiVersion,
    kind,
    metadata: {
      name,
      ...(namespace === undefined ? {} : { namespace }),
      ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
      ...(Object.keys(own).length > 0 ? { annotations: own } : {}),
    },
    ...structuredClone(rest),
  }
  takeOffDefaults(bare, bare, canonicalJson(canonicalObject(bare)))
  return bare
}

const serversOwn =
  /^(deployment|pv|volume|autoscaling|batch|kubectl)\.kubernetes\.io\/|^control-plane\.alpha\.kubernetes\.io\//

/** Takes off each field without which the object still means the same; the outermost ones first. */
function takeOffDefaults(root: KubeObject, at: unknown, meaning: string): void {
  if (Array.isArray(at)) {
    for (const inner of at) takeOffDefaults(root, inner, meaning)
    return
  }
  if (!isObject(at)) return
  for (const [field, value] of Object.entries(at)) {
    if (at === root && ['apiVersion', 'kind', 'metadata'].includes(field)) continue
    if (at === root['spec'] && alwaysSaid.has(field)) continue
    delete at[field]
    if (isSame(root, meaning)) continue
    at[field] = value
    takeOffDefaults(root, value, meaning)
  }
}

/** What people ask for even where it is the default: an answer that says otherwise is another one. */
const alwaysSaid = new Set([
  'replicas',
  'minReplicas',
  'type',
  'completions',
  'parallelism',
  'concurrencyPolicy',
  'metrics',
])

function isSame(root: KubeObject, meaning: string): boolean {
  try {
    return canonicalJson(canonicalObject(root)) === meaning
  } catch {
    // half an object may be none that has a meaning
    return false
  }
}
