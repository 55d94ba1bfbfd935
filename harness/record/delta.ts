/** What turned one JSON value into another: places and their new values; a place without a value was removed. */
export type Delta = Change[]
export type Change = [place: (string | number)[], value: unknown] | [place: (string | number)[]]

/** The smallest set of replaced and removed places; lists of different length are compared item by item at their start. */
export function diffJson(before: unknown, after: unknown): Delta {
  const changes: Delta = []
  collect(before, after, [], changes)
  return changes
}

/** The value after a delta; the value before is left as it was, and parts that did not change are shared. */
export function applyDelta(before: unknown, delta: Delta): unknown {
  const fresh = new Set<object>()
  let root = before
  for (const change of delta) root = applyAt(root, change, 0, fresh)
  return root
}

function collect(before: unknown, after: unknown, place: (string | number)[], changes: Delta): void {
  if (before === after) return
  if (isList(before) && isList(after)) {
    const shared = Math.min(before.length, after.length)
    for (let i = 0; i < shared; i++) collect(before[i], after[i], [...place, i], changes)
    for (let i = shared; i < after.length; i++) changes.push([[...place, i], after[i]])
    for (let i = before.length - 1; i >= shared; i--) changes.push([[...place, i]])
    return
  }
  if (isMap(before) && isMap(after)) {
    for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) changes.push([[...place, key]])
    for (const [key, value] of Object.entries(after)) {
      if (Object.hasOwn(before, key)) collect(before[key], value, [...place, key], changes)
      else changes.push([[...place, key], value])
    }
    return
  }
  changes.push([place, after])
}

/** Copies what it is about to change, once: `fresh` are the copies that may be written to. */
function applyAt(value: unknown, change: Change, depth: number, fresh: Set<object>): unknown {
  const [place, next] = change
  if (depth === place.length) return next
  const key = place[depth]
  const isRemoval = change.length === 1 && depth === place.length - 1
  if (isList(value)) {
    const list = fresh.has(value) ? value : [...value]
    fresh.add(list)
    if (isRemoval) list.splice(Number(key), 1)
    else list[Number(key)] = applyAt(list[Number(key)], change, depth + 1, fresh)
    return list
  }
  const map = isMap(value) ? (fresh.has(value) ? value : copyMap(value)) : {}
  fresh.add(map)
  if (isRemoval) delete map[String(key)]
  else setOwn(map, String(key), applyAt(getOwn(map, String(key)), change, depth + 1, fresh))
  return map
}

function isList(value: unknown): value is unknown[] {
  return Array.isArray(value)
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function copyMap(map: Record<string, unknown>): Record<string, unknown> {
  const copy: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(map)) setOwn(copy, key, value)
  return copy
}

function getOwn(map: Record<string, unknown>, key: string): unknown {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

/** A key such as `__proto__` is a key like any other. */
function setOwn(map: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true })
}
