import { fieldOf, isObject, listAt, textAt, type JsonObject } from '../json.ts'
import type { KubeObject } from '../../base/kube-client.ts'
import { metadata } from './metadata.ts'
import { duration, plain, quantity, type Type } from './type.ts'

/** The type of a custom resource, from the schema that its definition gives for a version. */
export function customType(definition: KubeObject, version: string): Type {
  const versions = listAt(definition, 'spec', 'versions')
  const chosen = versions.find((candidate) => textAt(candidate, 'name') === version) ?? versions[0]
  const type = typeOfSchema(fieldOf(chosen, 'schema', 'openAPIV3Schema'))
  return { fields: { ...type.fields, metadata } }
}

function typeOfSchema(schema: unknown): Type {
  if (!isObject(schema)) return plain
  const fallback = schema['default'] === undefined ? {} : { fallback: schema['default'] }
  if (isQuantity(schema)) return { ...quantity, ...fallback }
  if (schema['format'] === 'duration') return { ...duration, ...fallback }
  if (isObject(schema['properties'])) {
    const fields = Object.entries(schema['properties']).map(([name, child]): [string, Type] => [
      name,
      typeOfSchema(child),
    ])
    return { fields: Object.fromEntries(fields), isEmptyMeaningful: true, ...fallback }
  }
  if (isObject(schema['items'])) return { ...typeOfList(schema), isEmptyMeaningful: true, ...fallback }
  if (isObject(schema['additionalProperties'])) {
    return { values: typeOfSchema(schema['additionalProperties']), isEmptyMeaningful: true, ...fallback }
  }
  return fallback
}

function typeOfList(schema: JsonObject): Type {
  const items = typeOfSchema(schema['items'])
  if (schema['x-kubernetes-list-type'] === 'set') return { items, order: 'any' }
  const keys = schema['x-kubernetes-list-map-keys']
  if (schema['x-kubernetes-list-type'] === 'map' && Array.isArray(keys)) {
    return { items, order: 'any', keys: [keys as string[]] }
  }
  return { items, order: 'kept' }
}

/** controller-gen writes a quantity as an int-or-string with this pattern. */
function isQuantity(schema: JsonObject): boolean {
  return (
    schema['x-kubernetes-int-or-string'] === true && textAt(schema, 'pattern')?.startsWith('^(\\+|-)?(([0-9]+') === true
  )
}
