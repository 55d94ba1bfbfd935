import { isObject, own, setOwn, type JsonObject } from './json.ts'
import { elementKeys } from './element-keys.ts'
import { orderElements } from './order-elements.ts'
import type { Type } from './types/type.ts'

/**
 * The one form of all values that Kubernetes treats as equal: defaults filled in, sets in order, one spelling of each
 * quantity, and nothing that means the same as leaving it out. Normalizing twice changes nothing more.
 */
export function normalizeValue(value: unknown, type: Type | undefined): unknown {
  if (type === undefined) return value
  const normal = value === undefined || value === null ? undefined : normalizeGiven(value, type)
  if (normal === undefined && type.fallback !== undefined) return normalizeGiven(type.fallback, type)
  return normal
}

/** What a step leads to in a value of a type. */
export function typeOfField(type: Type | undefined, field: string): Type | undefined {
  return (own(type?.fields, field) as Type | undefined) ?? type?.values
}

/** Whether a struct, map or list without content means the same as none at all. */
export function isEmptySameAsAbsent(type: Type | undefined): boolean {
  if (type === undefined || !(type.fields ?? type.values ?? type.items)) return false
  let isSame = emptySameAsAbsent.get(type)
  if (isSame === undefined) {
    isSame = normalizeValue(type.items ? [] : {}, type) === undefined
    emptySameAsAbsent.set(type, isSame)
  }
  return isSame
}

const emptySameAsAbsent = new WeakMap<Type, boolean>()

function normalizeGiven(given: unknown, type: Type): unknown {
  const value = type.canonical ? type.canonical(given) : given
  if (Array.isArray(value)) return type.items ? normalizeList(value as unknown[], type) : value
  if (!isObject(value)) return value
  if (!type.fields && !type.values) return value
  const normal = type.values ? normalizeMap(value, type.values) : normalizeStruct(value, type)
  return type.isEmptyMeaningful || Object.keys(normal).length > 0 ? normal : undefined
}

function normalizeMap(value: JsonObject, values: Type): JsonObject {
  const normal: JsonObject = {}
  for (const [name, child] of Object.entries(value)) {
    const result = normalizeValue(child, values)
    if (result !== undefined) setOwn(normal, name, result)
  }
  return normal
}

function normalizeStruct(value: JsonObject, type: Type): JsonObject {
  const fields = type.fields ?? {}
  const filled = type.fill ? type.fill(value) : value
  const normal: JsonObject = {}
  for (const [name, child] of Object.entries(filled)) {
    const result = child === null ? undefined : normalizeValue(child, own(fields, name) as Type | undefined)
    if (result !== undefined) setOwn(normal, name, result)
  }
  for (const [name, field] of Object.entries(fields)) {
    if (field.fallback === undefined || Object.hasOwn(normal, name)) continue
    normal[name] = normalizeValue(undefined, field)
  }
  return normal
}

function normalizeList(list: unknown[], type: Type): unknown[] | undefined {
  if (list.length === 0) return type.isEmptyMeaningful ? list : undefined
  const items = list.map((item) => normalizeValue(item, type.items) ?? (isObject(item) ? {} : item))
  return orderElements(items, type, elementKeys(items, type))
}
