/** A plain object of JSON. */
export type JsonObject = Record<string, unknown>

/** Whether a value is a plain object of JSON: neither a list nor null. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A field that an object itself has; names like `constructor` and `__proto__` mean nothing special. */
export function own(object: JsonObject | undefined, field: string): unknown {
  return object !== undefined && Object.hasOwn(object, field) ? object[field] : undefined
}

/** Sets a field of any name. */
export function setOwn(object: JsonObject, field: string, value: unknown): void {
  Object.defineProperty(object, field, { value, writable: true, enumerable: true, configurable: true })
}

/** Whether two JSON values are the same; the order of an object's fields does not count. */
export function isEqual(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!isEqual(a[i], b[i])) return false
    return true
  }
  if (!isObject(a) || !isObject(b)) return false
  const keys = Object.keys(a)
  if (keys.length !== Object.keys(b).length) return false
  for (const key of keys) if (!Object.hasOwn(b, key) || !isEqual(a[key], b[key])) return false
  return true
}

/** One text for all JSON values that are equal: fields in order of their names. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (!isObject(value)) return JSON.stringify(value) ?? 'null'
  const fields = Object.keys(value).toSorted()
  return `{${fields.map((field) => `${JSON.stringify(field)}:${canonicalJson(value[field])}`).join(',')}}`
}

/** The value under a chain of plain field names, or undefined. */
export function fieldOf(value: unknown, ...names: string[]): unknown {
  let here = value
  for (const name of names) {
    if (!isObject(here) || !Object.hasOwn(here, name)) return undefined
    here = here[name]
  }
  return here
}

/** Like `fieldOf`, for objects; the empty object when there is none. */
export function objectAt(value: unknown, ...names: string[]): JsonObject {
  const found = fieldOf(value, ...names)
  return isObject(found) ? found : {}
}

/** Like `fieldOf`, for lists; the empty list when there is none. */
export function listAt(value: unknown, ...names: string[]): unknown[] {
  const found = fieldOf(value, ...names)
  return Array.isArray(found) ? (found as unknown[]) : []
}

/** Like `fieldOf`, for texts. */
export function textAt(value: unknown, ...names: string[]): string | undefined {
  const found = fieldOf(value, ...names)
  return typeof found === 'string' ? found : undefined
}
