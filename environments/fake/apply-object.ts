import type { KubeObject } from '../../harness/base/kube-client.ts'
import { Refusal } from './object-store.ts'
import { fieldsOf, strategicMergePatch, valueAt, withoutField, type FieldPath } from './patch-object.ts'

const ownersAnnotation = 'managers.fake.kubemend'

/**
 * Server-side apply, simplified: a manager owns the fields it applied last; fields it leaves out go, unless another
 * owns them; fields of another need force. Who owns what is kept where real servers keep it, in managedFields.
 */
export function applyObject(
  before: KubeObject | undefined,
  applied: KubeObject,
  options: { manager: string; isForced: boolean },
): KubeObject {
  const { managedFields: _, ...metadata } = applied.metadata
  const object: KubeObject = { ...applied, metadata }
  const owners = before ? ownersOf(before) : {}
  const wanted = fieldsOf(withoutIdentity(object)).map((path) => JSON.stringify(path))
  for (const [other, fields] of Object.entries(owners)) {
    if (other === options.manager || !before) continue
    const taken = fields.filter((field) => wanted.includes(field) && !hasSameValue(before, object, field))
    if (taken.length > 0 && !options.isForced) {
      const why = `Apply failed with ${taken.length} conflict: conflict with "${other}": ${taken.map(readable).join(', ')}`
      throw new Refusal(409, 'Conflict', why)
    }
    owners[other] = fields.filter((field) => !taken.includes(field))
  }
  const left = (owners[options.manager] ?? []).filter(
    (field) =>
      !wanted.includes(field) &&
      !Object.entries(owners).some(([other, fields]) => other !== options.manager && fields.includes(field)),
  )
  const base = before && left.reduce((from, field) => withoutField(from, JSON.parse(field) as FieldPath), before)
  const next = (base ? strategicMergePatch(base, object) : object) as KubeObject
  owners[options.manager] = wanted
  return withOwners(next, owners)
}

function ownersOf(object: KubeObject): Record<string, string[]> {
  const entries = (object.metadata['managedFields'] ?? []) as { manager: string; fieldsV1: Record<string, string[]> }[]
  return Object.fromEntries(entries.map(({ manager, fieldsV1 }) => [manager, fieldsV1[ownersAnnotation] ?? []]))
}

function withOwners(object: KubeObject, owners: Record<string, string[]>): KubeObject {
  const managedFields = Object.entries(owners).map(([manager, fields]) => ({
    manager,
    operation: 'Apply',
    apiVersion: object.apiVersion,
    fieldsType: 'FieldsV1',
    fieldsV1: { [ownersAnnotation]: fields },
  }))
  return { ...object, metadata: { ...object.metadata, managedFields } }
}

/** Nobody owns what an object is. */
function withoutIdentity(object: KubeObject): unknown {
  const { metadata, ...content }: Partial<KubeObject> & Pick<KubeObject, 'metadata'> = object
  delete content.apiVersion
  delete content.kind
  const { labels, annotations, finalizers } = metadata
  const kept = {
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    ...(finalizers ? { finalizers } : {}),
  }
  return { ...content, ...(Object.keys(kept).length > 0 ? { metadata: kept } : {}) }
}

function hasSameValue(before: KubeObject, after: KubeObject, field: string): boolean {
  const path = JSON.parse(field) as FieldPath
  return JSON.stringify(valueAt(before, path)) === JSON.stringify(valueAt(after, path))
}

function readable(field: string): string {
  return (JSON.parse(field) as FieldPath).map((step) => (step.startsWith('[') ? step : `.${step}`)).join('')
}
