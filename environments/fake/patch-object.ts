import type { KubeObject } from '../../harness/base/kube-client.ts'

type Json = Record<string, unknown>

/** RFC 7386. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch
  const result: Json = isRecord(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

/** Kubernetes' own patch, as far as lists are merged by the key their items have. */
export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  if (Array.isArray(patch)) return mergeLists(Array.isArray(target) ? target : [], patch)
  if (!isRecord(patch)) return patch
  if (patch['$patch'] === 'replace') return withoutDirective(patch)
  const result: Json = isRecord(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else if (!key.startsWith('$')) result[key] = strategicMergePatch(result[key], value)
  }
  return result
}

/** RFC 6902; throws what the server would refuse. */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw new TypeError('a JSON patch is a list')
  const root = structuredClone(target)
  for (const { op, path, value, from } of operations as { op: string; path: string; value: unknown; from?: string }[]) {
    if (op === 'test') {
      if (JSON.stringify(read(root, path)) !== JSON.stringify(value)) throw new TypeError(`test of ${path} failed`)
    } else if (op === 'remove') remove(root, path)
    else if (op === 'add' || op === 'replace') write(root, path, value, op === 'add')
    else if (op === 'copy' || op === 'move') {
      const moved = read(root, from ?? '')
      if (op === 'move') remove(root, from ?? '')
      write(root, path, structuredClone(moved), true)
    } else throw new TypeError(`unknown operation ${op}`)
  }
  return root
}

/** The way to a field: keys of objects, and `[key]` for the item of a list that has this key. */
export type FieldPath = string[]

/** The leaf fields an applied object sets; lists count as one field unless their items have keys. */
export function fieldsOf(value: unknown, at: FieldPath = []): FieldPath[] {
  if (Array.isArray(value) && value.length > 0 && value.every((item) => keyOfItem(item) !== undefined)) {
    return value.flatMap((item) => fieldsOf(item, [...at, `[${keyOfItem(item)}]`]))
  }
  if (isRecord(value) && Object.keys(value).length > 0) {
    return Object.entries(value).flatMap(([key, inner]) => fieldsOf(inner, [...at, key]))
  }
  return [at]
}

export function valueAt(object: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>((at, step) => {
    if (Array.isArray(at)) return at.find((item) => `[${keyOfItem(item)}]` === step) as unknown
    return isRecord(at) ? at[step] : undefined
  }, object)
}

/** An object with one field gone, and with it what is then empty. */
export function withoutField(object: KubeObject, path: FieldPath): KubeObject {
  return drop(object, path) as KubeObject
}

export function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function mergeLists(target: unknown[], patch: unknown[]): unknown[] {
  if (!patch.every((item) => keyOfItem(item) !== undefined)) return patch
  const result = [...target]
  for (const item of patch) {
    const at = result.findIndex((other) => keyOfItem(other) === keyOfItem(item))
    const isRemoval = (item as Json)['$patch'] === 'delete'
    if (isRemoval && at >= 0) result.splice(at, 1)
    else if (!isRemoval && at >= 0) result[at] = strategicMergePatch(result[at], item)
    else if (!isRemoval) result.push(item)
  }
  return result
}

/** What tells the items of a list apart: their name, type, IP or container port. */
function keyOfItem(item: unknown): string | undefined {
  if (!isRecord(item)) return undefined
  const key = item['name'] ?? item['type'] ?? item['mountPath'] ?? item['containerPort'] ?? item['port'] ?? item['ip']
  return typeof key === 'string' || typeof key === 'number' ? String(key) : undefined
}

function withoutDirective(patch: Json): Json {
  const { $patch: _, ...rest } = patch
  return rest
}

function drop(value: unknown, [step, ...rest]: FieldPath): unknown {
  if (step === undefined) return undefined
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      if (`[${keyOfItem(item)}]` !== step) return [item as unknown]
      const left = drop(item, rest)
      return isEmpty(left) ? [] : [left]
    })
  }
  if (!isRecord(value) || !(step in value)) return value
  const { [step]: inner, ...others } = value
  const left = rest.length === 0 ? undefined : drop(inner, rest)
  return isEmpty(left) ? others : { ...others, [step]: left }
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) ? value.length === 0 : isRecord(value) && isEmptyRecord(value))
}

function isEmptyRecord(value: Json): boolean {
  return Object.keys(value).length === 0
}

function pointer(path: string): string[] {
  if (path !== '' && !path.startsWith('/')) throw new TypeError(`${path} is not a JSON pointer`)
  return path
    .split('/')
    .slice(1)
    .map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
}

function read(root: unknown, path: string): unknown {
  let at = root
  for (const step of pointer(path)) at = (at as Json | undefined)?.[step]
  return at
}

function parentOf(root: unknown, path: string): { parent: Json | unknown[]; key: string } {
  const steps = pointer(path)
  const key = steps.pop() ?? ''
  const parent = read(root, steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''))
  if (typeof parent !== 'object' || parent === null) throw new TypeError(`there is no ${path}`)
  return { parent: parent as Json | unknown[], key }
}

function write(root: unknown, path: string, value: unknown, mayAdd: boolean): void {
  const { parent, key } = parentOf(root, path)
  if (Array.isArray(parent)) {
    const at = key === '-' ? parent.length : Number(key)
    if (mayAdd) parent.splice(at, 0, value)
    else parent[at] = value
  } else if (mayAdd || key in parent) parent[key] = value
  else throw new TypeError(`there is no ${path}`)
}

function remove(root: unknown, path: string): void {
  const { parent, key } = parentOf(root, path)
  if (Array.isArray(parent)) parent.splice(Number(key), 1)
  else if (key in parent) delete parent[key]
  else throw new TypeError(`there is no ${path}`)
}
