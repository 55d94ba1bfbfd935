import type { KubeObject } from '../base/kube-client.ts'
import { idOf, keyOfId, type ClusterState } from './cluster-state.ts'
import type { Difference } from './difference.ts'
import { hasKey } from './element-keys.ts'
import { isObject, own, setOwn, type JsonObject } from './json.ts'
import { normalizeState } from './normalize-object.ts'
import { parsePath, printPath, type Path, type Step } from './path.ts'
import { typesOf, type TypeFinder } from './types/known-types.ts'

/** The state that differences lead to, in normal form: applied to the baseline they give the end state. */
export function applyDifferences(
  before: ClusterState,
  differences: readonly Difference[],
  typeOf: TypeFinder = typesOf(before),
): ClusterState {
  const objects = new Map(
    normalizeState(before, typeOf).objects.map((object) => [keyOfId(idOf(object)), structuredClone(object)]),
  )
  for (const difference of differences) {
    const key = keyOfId(difference.object)
    if (difference.path !== '') {
      const object = objects.get(key)
      if (object) setAt(object, parsePath(difference.path), structuredClone(difference.after))
    } else if (difference.after === undefined) objects.delete(key)
    else objects.set(key, structuredClone(difference.after) as KubeObject)
  }
  return normalizeState({ ...before, objects: [...objects.values()] }, typeOf)
}

/** Sets what a path leads to, or removes it when there is nothing to set; parents are made as needed. */
function setAt(root: unknown, path: Path, value: unknown): void {
  const last = path.at(-1) as Step
  let here = root
  path.slice(0, -1).forEach((step, i) => {
    const next = childAt(here, step) ?? addChild(here, step, path[i + 1] as Step, path)
    here = next
  })
  if (Array.isArray(here)) setElement(here as unknown[], last, value)
  else if ('field' in last && value === undefined) delete (here as JsonObject)[last.field]
  else if ('field' in last) setOwn(here as JsonObject, last.field, value)
}

function childAt(parent: unknown, step: Step): unknown {
  if ('field' in step) return isObject(parent) ? own(parent, step.field) : undefined
  if (!Array.isArray(parent)) return undefined
  if ('index' in step) return (parent as unknown[])[step.index]
  return 'key' in step ? (parent as unknown[]).find((element) => hasKey(element, step.key)) : undefined
}

function addChild(parent: unknown, step: Step, next: Step, path: Path): unknown {
  if (!isObject(parent) || !('field' in step)) throw new TypeError(`${printPath(path)} leads nowhere`)
  const child = 'field' in next ? {} : []
  setOwn(parent, step.field, child)
  return child
}

function setElement(list: unknown[], step: Step, value: unknown): void {
  const place = 'index' in step ? step.index : 'key' in step ? list.findIndex((e) => hasKey(e, step.key)) : -1
  if (place < 0) {
    if (value !== undefined) list.push(value)
  } else if (value === undefined) list.splice(place, 1)
  else list[place] = value
}
