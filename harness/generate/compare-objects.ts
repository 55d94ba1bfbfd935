import type { KubeObject } from '../base/kube-client.ts'
import type { ClusterState } from '../state/cluster-state.ts'
import { diffStates } from '../state/diff-states.ts'
import type { Difference } from '../state/difference.ts'
import { isEqual, isObject } from '../state/json.ts'
import { parsePath, printPath, type Path, type Step } from '../state/path.ts'
import { printRef, refOf, type ObjectRef } from './objects.ts'

/** An object before and after; one of them is missing where it came or went. */
export interface ObjectChange {
  on: ObjectRef
  before?: KubeObject
  after?: KubeObject
}

/** The objects in which two worlds differ, in the order of the first one. */
export function changedObjects(before: readonly KubeObject[], after: readonly KubeObject[]): ObjectChange[] {
  const old = new Map(before.map((object) => [printRef(refOf(object)), object]))
  const now = new Map(after.map((object) => [printRef(refOf(object)), object]))
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key): ObjectChange[] => {
    const [was, is] = [old.get(key), now.get(key)]
    if (isEqual(was, is)) return []
    const on = refOf((was ?? is) as KubeObject)
    return [{ on, ...(was ? { before: was } : {}), ...(is ? { after: is } : {}) }]
  })
}

/** The differences as the judge sees them: defaults filled in, quantities in one spelling. */
export function differencesOf(before: readonly KubeObject[], after: readonly KubeObject[]): Difference[] {
  return diffStates(asState(before), asState(after))
}

function asState(objects: readonly KubeObject[]): ClusterState {
  return { takenAt: '2026-01-01T00:00:00.000Z', objects: [...objects], unreadable: [] }
}

/** What a repair that makes one world of the other has to be allowed, as contract.yaml says it. */
export function mayChangeFor(before: readonly KubeObject[], after: readonly KubeObject[]): Record<string, string[]> {
  const allowed = new Map<string, Set<string>>()
  for (const { object, path, kind } of differencesOf(before, after)) {
    const { name, namespace } = object
    const key = `${object.kind.toLowerCase()}/${name}${namespace === undefined ? '' : ` -n ${namespace}`}`
    const what = path === '' ? (kind === 'added' ? 'created' : 'deleted') : printPath(shorten(parsePath(path)))
    allowed.set(key, (allowed.get(key) ?? new Set()).add(what))
  }
  return Object.fromEntries([...allowed].map(([key, paths]) => [key, [...paths].toSorted()]))
}

/** The field that people would name: of a container its `env`, of a spec its `selector`; what is below it goes with it. */
function shorten(path: Path): Path {
  const isField = (step: Step | undefined, ...names: string[]): boolean =>
    step !== undefined && 'field' in step && names.includes(step.field)
  const container = path.findIndex((step) => isField(step, 'containers', 'initContainers'))
  if (container >= 0) return path.slice(0, container + 3)
  if (isField(path[0], 'spec') && isField(path[1], 'template', 'jobTemplate')) {
    const inner = path.findLastIndex((step) => isField(step, 'spec', 'metadata'))
    return path.slice(0, inner + (isField(path[inner], 'metadata') ? 3 : 2))
  }
  return path.slice(0, isField(path[0], 'metadata') ? 3 : 2)
}

/** RFC 6902: what makes one object of the other. */
export function jsonPatch(before: unknown, after: unknown, at = ''): { op: string; path: string; value?: unknown }[] {
  if (isEqual(before, after)) return []
  if (!isObject(before) || !isObject(after)) return patchLists(before, after, at)
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key) => {
    const path = `${at}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!(key in after)) return [{ op: 'remove', path }]
    if (!(key in before)) return [{ op: 'add', path, value: after[key] }]
    return jsonPatch(before[key], after[key], path)
  })
}

function patchLists(before: unknown, after: unknown, at: string): { op: string; path: string; value?: unknown }[] {
  const isSame = Array.isArray(before) && Array.isArray(after) && before.length === after.length
  if (!isSame || !before.every(isObject)) return [{ op: 'replace', path: at, value: after }]
  return (before as unknown[]).flatMap((item, i) => jsonPatch(item, (after as unknown[])[i], `${at}/${i}`))
}

/**
 * A strategic merge patch that makes one object of the other, as fault/ wants it. Lists that the server merges are merged
 * by the keys of their items, or told to be replaced where items come, go or change their keys.
 */
export function strategicPatch(before: KubeObject, after: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = before
  const { name, namespace } = metadata
  const patch = (mergeOf(before, after) ?? {}) as Partial<KubeObject>
  return {
    apiVersion,
    kind,
    ...patch,
    metadata: { name, ...(namespace === undefined ? {} : { namespace }), ...patch.metadata },
  }
}

function mergeOf(before: unknown, after: unknown, field = ''): unknown {
  if (Array.isArray(after)) return mergeLists(before, after as unknown[], field)
  if (!isObject(before) || !isObject(after)) return after
  const changed = [...new Set([...Object.keys(before), ...Object.keys(after)])].filter(
    (key) => !isEqual(before[key], after[key]),
  )
  return Object.fromEntries(changed.map((key) => [key, key in after ? mergeOf(before[key], after[key], key) : null]))
}

/** Lists that the API server merges, of those that faults change, each with the keys that tell its items apart. */
const mergeKeys: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  env: ['name'],
  ports: ['containerPort', 'port'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  topologySpreadConstraints: ['topologyKey'],
  webhooks: ['name'],
}

function mergeLists(before: unknown, after: unknown[], field: string): unknown {
  const keys = mergeKeys[field]
  if (!Array.isArray(before) || keys === undefined) return after
  const [old, now] = [before.filter(isObject), after.filter(isObject)]
  const key = keys.find((name) => [...old, ...now].every((item) => item[name] !== undefined))
  const isPaired = key !== undefined && old.length === now.length && old.every((item, i) => item[key] === now[i]?.[key])
  if (!isPaired) return [{ $patch: 'replace' }, ...now]
  return now.flatMap((item, i) =>
    isEqual(old[i], item) ? [] : [{ [key]: item[key], ...(mergeOf(old[i], item) as object) }],
  )
}
