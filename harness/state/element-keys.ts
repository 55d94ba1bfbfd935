import { fieldOf } from './json.ts'
import type { Type } from './types/type.ts'

/** How the elements of a list are told apart. */
export interface ElementKeys {
  fields: readonly string[]
  /** One key for each element, in the list's order. */
  keys: string[]
}

/** The first choice of key fields that every element has and no two share, or undefined when none does. */
export function elementKeys(list: readonly unknown[], type: Type | undefined): ElementKeys | undefined {
  for (const fields of type?.keys ?? []) {
    const keys = keysBy(list, fields)
    if (keys) return { fields, keys }
  }
  return undefined
}

/** The same choice for two lists that are to be compared. */
export function sharedElementKeys(
  a: readonly unknown[],
  b: readonly unknown[],
  type: Type | undefined,
): { fields: readonly string[]; a: string[]; b: string[] } | undefined {
  for (const fields of type?.keys ?? []) {
    const keysOfA = keysBy(a, fields)
    const keysOfB = keysOfA && keysBy(b, fields)
    if (keysOfA && keysOfB) return { fields, a: keysOfA, b: keysOfB }
  }
  return undefined
}

/** The key fields of one element as a path's step has them. */
export function keyOfElement(element: unknown, fields: readonly string[]): Record<string, string> {
  return Object.fromEntries(fields.map((field) => [field, String(valueAt(element, field))]))
}

/** Whether an element has these key fields. */
export function hasKey(element: unknown, key: Record<string, string>): boolean {
  return Object.entries(key).every(([field, value]) => {
    const found = valueAt(element, field)
    return (typeof found === 'string' || typeof found === 'number') && String(found) === value
  })
}

function keysBy(list: readonly unknown[], fields: readonly string[]): string[] | undefined {
  const keys: string[] = []
  const seen = new Set<string>()
  for (const element of list) {
    let key = ''
    for (const field of fields) {
      const value = valueAt(element, field)
      if (typeof value !== 'string' && typeof value !== 'number') return undefined
      key += `${value}\u0000`
    }
    if (seen.has(key)) return undefined
    seen.add(key)
    keys.push(key)
  }
  return keys
}

function valueAt(element: unknown, field: string): unknown {
  return field.includes('.') ? fieldOf(element, ...field.split('.')) : fieldOf(element, field)
}
