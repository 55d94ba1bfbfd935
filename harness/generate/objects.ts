import type { KubeObject } from '../base/kube-client.ts'
import { hasKey } from '../state/element-keys.ts'
import { isObject, own, setOwn, type JsonObject } from '../state/json.ts'
import { parsePath, printPath, type Path, type Step } from '../state/path.ts'

/** Which object is meant: kind, name and namespace are enough in the worlds that are made here. */
export interface ObjectRef {
  kind: string
  name: string
  namespace?: string
}

/** One change of one object: fields set or removed (undefined), or the object made or removed as a whole. */
export type Edit =
  | { on: ObjectRef; set: Readonly<Record<string, unknown>> }
  | { on: ObjectRef; create: KubeObject }
  | { on: ObjectRef; remove: true }

export function refOf({ kind, metadata }: KubeObject): ObjectRef {
  const { name, namespace } = metadata
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) }
}

/** `Deployment/web -n shop`: the same text for the same object. */
export function printRef({ kind, name, namespace }: ObjectRef): string {
  return `${kind}/${name}${namespace === undefined ? '' : ` -n ${namespace}`}`
}

export function findObject(objects: readonly KubeObject[], ref: ObjectRef): KubeObject | undefined {
  const key = printRef(ref)
  return objects.find((object) => printRef(refOf(object)) === key)
}

/** The objects after edits; the given ones stay as they are. What an edit speaks of must be there, or not yet. */
export function editObjects(objects: readonly KubeObject[], edits: readonly Edit[]): KubeObject[] {
  return edits.reduce<KubeObject[]>(editOne, [...objects])
}

function editOne(objects: KubeObject[], edit: Edit): KubeObject[] {
  const key = printRef(edit.on)
  const there = objects.findIndex((object) => printRef(refOf(object)) === key)
  if ('create' in edit) {
    if (there >= 0) throw new TypeError(`${key} is already there`)
    return [...objects, edit.create]
  }
  const old = objects[there]
  if (!old) throw new TypeError(`there is no ${key} to edit`)
  if ('remove' in edit) return objects.toSpliced(there, 1)
  const changed = structuredClone(old)
  for (const [path, value] of Object.entries(edit.set)) setField(changed, path, value)
  return objects.toSpliced(there, 1, changed)
}

/** Sets what a path leads to, or removes it where the value is undefined; missing maps on the way are made. */
function setField(object: unknown, text: string, value: unknown): void {
  const path = parsePath(text)
  const last = path.at(-1) as Step
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((here, step) => stepInto(here, step) ?? addMap(here, step, path), object)
  if (Array.isArray(parent)) setElement(parent as unknown[], last, value, path)
  else if (isObject(parent) && 'field' in last) {
    if (value === undefined) delete parent[last.field]
    else setOwn(parent, last.field, structuredClone(value))
  } else throw new TypeError(`${printPath(path)} leads nowhere`)
}

function stepInto(here: unknown, step: Step): unknown {
  if ('field' in step) return isObject(here) ? own(here, step.field) : undefined
  if (!Array.isArray(here)) return undefined
  if ('index' in step) return (here as unknown[])[step.index]
  return 'key' in step ? (here as unknown[]).find((element) => hasKey(element, step.key)) : undefined
}

function addMap(parent: unknown, step: Step, path: Path): JsonObject {
  if (!isObject(parent) || !('field' in step)) throw new TypeError(`${printPath(path)} leads nowhere`)
  const child: JsonObject = {}
  setOwn(parent, step.field, child)
  return child
}

function setElement(list: unknown[], step: Step, value: unknown, path: Path): void {
  const at = 'index' in step ? step.index : 'key' in step ? list.findIndex((element) => hasKey(element, step.key)) : -1
  if (value === undefined && at >= 0) list.splice(at, 1)
  else if (value !== undefined && at >= 0) list[at] = structuredClone(value)
  else if (value !== undefined && 'key' in step) list.push(structuredClone(value))
  else throw new TypeError(`${printPath(path)} leads nowhere`)
}
