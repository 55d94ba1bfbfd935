import { parseQuantity } from '../../state/quantity.ts'
import { canonicalJson, isEqual, isObject } from '../../state/json.ts'
import type { FieldRequirement } from '../../task/manifest-spec.ts'
import { valuesAt } from '../../../verifiers/objects/values-at.ts'

/** Why a field of an object is not what was asked for; undefined when it is. */
export function compareField(object: unknown, field: FieldRequirement): string | undefined {
  const found = valuesAt(object, field.at).map(({ value }) => value)
  if (field.is === null) {
    const full = found.filter((value) => !isNothing(value))
    return full.length === 0 ? undefined : `expected nothing here, got ${show(full[0])}`
  }
  if (found.length === 0) return `missing; asked for ${show(field.is)}`
  const wrong = found.find((value) => !isMatch(value, field))
  return wrong === undefined ? undefined : `asked for ${word(field)}, got ${show(wrong)}`
}

function isMatch(value: unknown, { is, as = 'equal' }: FieldRequirement): boolean {
  switch (as) {
    case 'set':
      return Array.isArray(value) && Array.isArray(is) && canonicalSet(value) === canonicalSet(is)
    case 'has':
      return has(value, is)
    case 'quantity':
      return parseQuantity(value) !== undefined && parseQuantity(value) === parseQuantity(is)
    case 'pattern':
      return (typeof value === 'string' || typeof value === 'number') && new RegExp(String(is), 'u').test(String(value))
    default:
      return isEqual(value, is)
  }
}

function canonicalSet(list: readonly unknown[]): string {
  return [...new Set(list.map(canonicalJson))].toSorted().join('\n')
}

/** Whether everything of one value is in another: fields of maps, elements of lists. */
function has(value: unknown, part: unknown): boolean {
  if (isObject(part)) {
    return isObject(value) && Object.entries(part).every(([key, inner]) => has(value[key], inner))
  }
  if (Array.isArray(part)) {
    return Array.isArray(value) && part.every((inner) => value.some((item) => has(item, inner)))
  }
  return isEqual(value, part)
}

function isNothing(value: unknown): boolean {
  if (value === null || value === undefined || value === false || value === '') return true
  return Array.isArray(value) ? value.length === 0 : isObject(value) && Object.keys(value).length === 0
}

function word({ is, as }: FieldRequirement): string {
  const kinds: Record<string, string> = { set: ' in any order', has: ' among it', pattern: ' as a pattern' }
  return `${show(is)}${kinds[as ?? ''] ?? ''}`
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 100 ? `${text.slice(0, 97)}...` : text
}
