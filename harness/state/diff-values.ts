import { keyOfElement, sharedElementKeys } from './element-keys.ts'
import { isEqual, isObject, own, type JsonObject } from './json.ts'
import { isEmptySameAsAbsent, typeOfField } from './normalize-value.ts'
import { orderElements } from './order-elements.ts'
import type { Path, Step } from './path.ts'
import type { Type } from './types/type.ts'

/** A place where two normalized values are not the same; undefined stands for nothing there. */
export interface ValueDifference {
  path: Path
  before: unknown
  after: unknown
}

/** Compares two values in normal form, as deep as their types give every part a name. */
export function diffValues(
  before: unknown,
  after: unknown,
  type: Type | undefined,
  path: Path = [],
): ValueDifference[] {
  if (isEqual(before, after)) return []
  if (canDescend(before, after, type, isObject)) {
    return diffFields((before ?? {}) as JsonObject, (after ?? {}) as JsonObject, type, path)
  }
  if (canDescend(before, after, type, Array.isArray)) {
    const elements = diffElements((before ?? []) as unknown[], (after ?? []) as unknown[], type, path)
    if (elements) return elements
  }
  return [{ path, before, after }]
}

/** Both sides have parts; or one has, and having none means the same as not being there. */
function canDescend(
  before: unknown,
  after: unknown,
  type: Type | undefined,
  has: (value: unknown) => boolean,
): boolean {
  const isPart = (value: unknown): boolean => (value === undefined ? isEmptySameAsAbsent(type) : has(value))
  return isPart(before) && isPart(after)
}

function diffFields(before: JsonObject, after: JsonObject, type: Type | undefined, path: Path): ValueDifference[] {
  const fields = [...Object.keys(before), ...Object.keys(after).filter((field) => !Object.hasOwn(before, field))]
  return fields.flatMap((field) =>
    diffValues(own(before, field), own(after, field), typeOfField(type, field), [...path, { field }]),
  )
}

function diffElements(
  before: unknown[],
  after: unknown[],
  type: Type | undefined,
  path: Path,
): ValueDifference[] | undefined {
  const shared = sharedElementKeys(before, after, type)
  if (shared) return diffKeyed(before, after, type, path, shared)
  if (type?.order === 'any') return diffSets(before, after, type, path)
  if (before.length !== after.length || !before.every(isObject) || !after.every(isObject)) return undefined
  return before.flatMap((element, index) => diffValues(element, after[index], type?.items, [...path, { index }]))
}

function diffKeyed(
  before: unknown[],
  after: unknown[],
  type: Type | undefined,
  path: Path,
  keys: { fields: readonly string[]; a: string[]; b: string[] },
): ValueDifference[] | undefined {
  const placeAfter = new Map(keys.b.map((key, i) => [key, i]))
  const placeBefore = new Map(keys.a.map((key, i) => [key, i]))
  const kept = keys.a.filter((key) => placeAfter.has(key))
  const added = keys.b.filter((key) => !placeBefore.has(key))
  if (!isOrderReached([...kept, ...added], keys.b, after, type)) return undefined
  const step = (element: unknown): Step => ({ key: keyOfElement(element, keys.fields) })
  const changes = before.flatMap((element, i) => {
    const place = placeAfter.get(keys.a[i] as string)
    const here = [...path, step(element)]
    if (place === undefined) return [{ path: here, before: element, after: undefined }]
    return diffValues(element, after[place], type?.items, here)
  })
  const additions = added.map((key) => {
    const element = after[placeAfter.get(key) as number]
    return { path: [...path, step(element)], before: undefined, after: element }
  })
  return [...changes, ...additions]
}

/** Whether changing elements in place and adding the new ones at the end leads to the order that the list now has. */
function isOrderReached(reached: string[], wanted: string[], after: unknown[], type: Type | undefined): boolean {
  if (type?.order === 'any' || isEqual(reached, wanted)) return true
  if (type?.order !== 'references') return false
  const elements = reached.map((key) => after[wanted.indexOf(key)])
  return isEqual(orderElements(elements, type, { fields: [], keys: reached }), after)
}

/** Of two sets that differ in one element, that element is compared; its index is that in the earlier set. */
function diffSets(before: unknown[], after: unknown[], type: Type, path: Path): ValueDifference[] | undefined {
  const gone = before.filter((element) => !after.some((other) => isEqual(element, other)))
  const come = after.filter((element) => !before.some((other) => isEqual(element, other)))
  if (gone.length !== 1 || come.length !== 1 || !isObject(gone[0]) || !isObject(come[0])) return undefined
  return diffValues(gone[0], come[0], type.items, [...path, { index: before.indexOf(gone[0]) }])
}
