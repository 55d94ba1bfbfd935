import { canonicalDuration } from '../duration.ts'
import type { JsonObject } from '../json.ts'
import { canonicalQuantity } from '../quantity.ts'

/**
 * What Kubernetes treats as equal in a value: its defaults, the lists whose order means nothing, other spellings.
 * A field without a type is compared as it is.
 */
export interface Type {
  /** A struct: fields not named here are kept as they are. */
  fields?: Readonly<Record<string, Type>>
  /** A map from any name to values of one type. */
  values?: Type
  /** A list. */
  items?: Type
  /** Fields that tell elements of a list apart, the best choice first; a dot leads into the element. */
  keys?: readonly (readonly string[])[]
  /** `any`: a set. `kept`: order matters. `references`: order matters only between $(NAME) and what it names. */
  order?: 'any' | 'kept' | 'references'
  /** What the API server fills in when the field is absent. */
  fallback?: unknown
  /** Defaults that depend on other fields; gets a private shallow copy. */
  fill?: (object: JsonObject) => JsonObject
  /** The one spelling of a value; `undefined` for one that means the same as no value. */
  canonical?: (value: unknown) => unknown
  /** Whether `{}` or `[]` says something that leaving it out does not. */
  isEmptyMeaningful?: true
}

/** A struct of known fields; empty means absent. */
export function struct(fields: Record<string, Type>, fill?: (object: JsonObject) => JsonObject): Type {
  return fill === undefined ? { fields } : { fields, fill }
}

/** A struct whose presence alone says something: `emptyDir: {}`, `podSelector: {}`. */
export function choice(fields: Record<string, Type>): Type {
  return { fields, isEmptyMeaningful: true }
}

/** A list whose order means nothing, with elements told apart by the first of these keys that does. */
export function keyed(items: Type, ...keys: (string | string[])[]): Type {
  return { items, order: 'any', keys: keys.map((key) => [key].flat()) }
}

/** A list with keys whose order matters as well. */
export function keyedInOrder(items: Type, ...keys: (string | string[])[]): Type {
  return { ...keyed(items, ...keys), order: 'kept' }
}

/** A list whose order means nothing, compared as a whole. */
export function setOf(items: Type = plain): Type {
  return { items, order: 'any' }
}

/** A list whose order matters. */
export function listOf(items: Type): Type {
  return { items, order: 'kept' }
}

/** A map with names that people choose: labels, data, limits. */
export function mapOf(values: Type = plain): Type {
  return { values }
}

/** A type with the value that the API server fills in. */
export function or(type: Type, fallback: unknown): Type {
  return { ...type, fallback }
}

/** A value that is filled in when absent. */
export function defaultsTo(fallback: unknown): Type {
  return { fallback }
}

export const plain: Type = {}

/** A boolean or number or text whose zero value means the same as none. */
export const optional: Type = {
  canonical: (value) => (value === false || value === '' || value === 0 ? undefined : value),
}

/** A field that says nothing of its own: status, a deprecated alias, what the server keeps count with. */
export const ignored: Type = { canonical: () => undefined }

export const quantity: Type = { canonical: canonicalQuantity }
export const quantities: Type = mapOf(quantity)
export const duration: Type = { canonical: canonicalDuration }
