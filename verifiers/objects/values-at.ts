import { isObject, own } from '../../harness/state/json.ts'
import { parsePath, type Step } from '../../harness/state/path.ts'

/** A value in an object and where it is. */
export interface ValueAt {
  at: string
  value: unknown
}

/** Every value that a path such as `spec.containers[*].env[name=MODE].value` leads to; none where there is nothing. */
export function valuesAt(object: unknown, path: string): ValueAt[] {
  return parsePath(path).reduce<ValueAt[]>(
    (found, step) => found.flatMap((one) => follow(one, step)),
    [{ at: '', value: object }],
  )
}

function follow({ at, value }: ValueAt, step: Step): ValueAt[] {
  const below = (field: string, inner: unknown): ValueAt => ({ at: at === '' ? field : `${at}.${field}`, value: inner })
  if ('field' in step) {
    const inner = isObject(value) ? own(value, step.field) : undefined
    return inner === undefined ? [] : [below(step.field, inner)]
  }
  if ('any' in step && step.any === 'field') {
    return isObject(value) ? Object.entries(value).map(([field, inner]) => below(field, inner)) : []
  }
  if (!Array.isArray(value)) return []
  return (value as unknown[]).flatMap((inner, index): ValueAt[] => {
    const isMeant =
      'any' in step ||
      ('index' in step && step.index === index) ||
      ('key' in step &&
        Object.entries(step.key).every(([name, wanted]) => isObject(inner) && String(own(inner, name)) === wanted))
    return isMeant ? [{ at: `${at}[${index}]`, value: inner }] : []
  })
}
