import type { KubeObject } from '../../base/kube-client.ts'
import { isObject } from '../../state/json.ts'
import { printPath, type Path } from '../../state/path.ts'
import type { FieldRequirement, ObjectRequirement, RequiredRule, RequiredSubject } from '../../task/manifest-spec.ts'

/** Everything that an object says, as what must be asked of an answer for the answer to say the same. */
export function requirementsOf(object: KubeObject, namespace: string | undefined): ObjectRequirement {
  const { apiVersion, kind, metadata } = object
  const { labels, annotations } = metadata
  const rest = Object.fromEntries(Object.entries(object).filter(([key]) => !ownFields(kind).has(key)))
  const fields = fieldsOf(rest, [])
  return {
    apiVersion,
    kind,
    name: metadata.name,
    ...(metadata.namespace === undefined || metadata.namespace === namespace ? {} : { namespace: metadata.namespace }),
    ...(labels && Object.keys(labels).length > 0 ? { labels } : {}),
    ...(annotations && Object.keys(annotations).length > 0 ? { annotations } : {}),
    ...specialOf(object),
    ...(fields.length > 0 ? { fields } : {}),
  }
}

const always = ['apiVersion', 'kind', 'metadata', 'status']
const special: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ['data'],
  Role: ['rules'],
  ClusterRole: ['rules'],
  RoleBinding: ['subjects', 'roleRef'],
  ClusterRoleBinding: ['subjects', 'roleRef'],
}

/** Fields that are asked for by their meaning and not as they are written. */
function ownFields(kind: string): Set<string> {
  return new Set([...always, ...(special[kind] ?? [])])
}

function specialOf(object: KubeObject): Partial<ObjectRequirement> {
  const part: Partial<ObjectRequirement> = {}
  for (const field of special[object.kind] ?? []) {
    const value = object[field]
    if (value === undefined) continue
    if (field === 'data') part.data = value as Record<string, string>
    if (field === 'rules') part.rules = value as RequiredRule[]
    if (field === 'subjects') part.subjects = (value as RequiredSubject[]).map(plainSubject)
    if (field === 'roleRef') {
      const { kind, name } = value as { kind: string; name: string }
      part.roleRef = { kind, name }
    }
  }
  return part
}

function plainSubject({ kind, name, namespace }: RequiredSubject): RequiredSubject {
  return { kind, name, ...(namespace === undefined ? {} : { namespace }) }
}

/** A requirement for each leaf; lists of named things by their names, others as a whole. */
function fieldsOf(value: unknown, at: Path): FieldRequirement[] {
  if (Array.isArray(value)) return fieldsOfList(value as unknown[], at)
  if (isObject(value)) {
    const entries = Object.entries(value)
    // an empty map says something: a selector that selects all, a volume that is scratch
    if (entries.length === 0) return at.length === 0 ? [] : [{ at: printPath(at), is: {} }]
    return entries.flatMap(([field, inner]) => fieldsOf(inner, [...at, { field }]))
  }
  return [{ at: printPath(at), is: value, ...(isQuantity(at, value) ? { as: 'quantity' as const } : {}) }]
}

function fieldsOfList(list: readonly unknown[], at: Path): FieldRequirement[] {
  const names = list.map((item) => (isObject(item) && typeof item['name'] === 'string' ? item['name'] : undefined))
  const areNamed = names.length > 0 && names.every((name) => name !== undefined) && new Set(names).size === names.length
  if (!areNamed) return [{ at: printPath(at), is: list, as: 'has' }]
  return list.flatMap((item, i) => {
    const here: Path = [...at, { key: { name: names[i] ?? '' } }]
    const { name, ...rest } = item as Record<string, unknown>
    const inner = fieldsOf(rest, here).filter(({ is }) => !(isObject(is) && Object.keys(is).length === 0))
    return inner.length > 0 ? inner : [{ at: printPath([...here, { field: 'name' }]), is: name }]
  })
}

/** Amounts of resources, which have several spellings. */
function isQuantity(at: Path, value: unknown): boolean {
  const fields = at.flatMap((step) => ('field' in step ? [step.field] : []))
  const parent = fields.at(-2) ?? ''
  return /^(limits|requests|hard|capacity)$/.test(parent) && (typeof value === 'string' || typeof value === 'number')
}
