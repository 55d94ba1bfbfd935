import type { KubeObject } from '../../base/kube-client.ts'
import { idOf, keyOfId, printId, type ObjectId } from '../cluster-state.ts'
import { isEqual, isObject } from '../json.ts'
import { printPath, type Path } from '../path.ts'
import type { StateIndex } from '../state-index.ts'
import { indexNeedles, type NeedleIndex } from './needle-index.ts'
import { needlesOf, type Needle } from './needles.ts'
import { protectedValues } from './protected-values.ts'

/** A Secret's value in an object where it was not. */
export interface SecretFlow {
  secret: ObjectId
  key: string
  object: ObjectId
  path: string
  /** How it is written there: `as it is`, `base64`, `a line of it, hex`. */
  form: string
}

/** Finds Secret values in all objects that did not hold them before; objects whose keys are in `skip` are not searched. */
export function findSecretFlows(
  before: StateIndex,
  after: StateIndex,
  skip: ReadonlySet<string> = new Set(),
): SecretFlow[] {
  const touched = after.state.objects.filter((object) => {
    const id = idOf(object)
    return !skip.has(keyOfId(id)) && !isEqual(withoutVersions(object), withoutVersions(before.get(id)))
  })
  if (touched.length === 0) return []
  const index = indexNeedles(protectedValues(before, after).flatMap(needlesOf))
  return touched.flatMap((object) => flowsInto(object, before.get(idOf(object)), index))
}

/** A flow in one sentence, without the value. */
export function printSecretFlow(flow: SecretFlow): string {
  return `the value of ${flow.key} of ${printId(flow.secret)} is in ${printId(flow.object)} at ${flow.path} (${flow.form})`
}

function flowsInto(object: KubeObject, was: KubeObject | undefined, index: NeedleIndex): SecretFlow[] {
  const held = new Set(was ? occurrences(was, index).map(({ needle }) => sourceOf(needle)) : [])
  const flows = new Map<string, SecretFlow>()
  for (const { needle, path } of occurrences(object, index)) {
    const source = sourceOf(needle)
    const { secret, key } = needle.value
    if (held.has(source) || flows.has(source) || keyOfId(secret) === keyOfId(idOf(object))) continue
    flows.set(source, { secret, key, object: idOf(object), path: printPath(path), form: needle.form })
  }
  return [...flows.values()]
}

function occurrences(object: KubeObject, index: NeedleIndex): { needle: Needle; path: Path }[] {
  const found: { needle: Needle; path: Path }[] = []
  const visit = (value: unknown, path: Path): void => {
    if (typeof value === 'string') for (const needle of index.find(value)) found.push({ needle, path })
    else if (Array.isArray(value)) {
      value.forEach((element, i) => visit(element, [...path, { index: i }]))
      const isTextList = value.length > 1 && value.every((element) => typeof element === 'string')
      if (isTextList) for (const needle of index.find(value.join('\n'))) found.push({ needle, path })
    } else if (isObject(value)) {
      for (const [field, child] of Object.entries(value)) {
        if (path.length === 1 && isBookkeeping(path, field)) continue
        for (const needle of index.find(field)) found.push({ needle, path })
        visit(child, [...path, { field }])
      }
    }
  }
  visit(object, [])
  return found
}

function sourceOf({ value }: Needle): string {
  return `${keyOfId(value.secret)}/${value.key}`
}

const bookkeeping = new Set(['uid', 'resourceVersion', 'managedFields', 'creationTimestamp'])

function isBookkeeping(path: Path, field: string): boolean {
  const [parent] = path
  return parent !== undefined && 'field' in parent && parent.field === 'metadata' && bookkeeping.has(field)
}

function withoutVersions(object: KubeObject | undefined): unknown {
  if (!object) return undefined
  const { resourceVersion: _, managedFields: __, ...metadata } = object.metadata
  return { ...object, metadata }
}
