import { closest } from '../../base/closest.ts'
import { parseQuantity } from '../../state/quantity.ts'
import type { ApiSchema, KindSchema } from './api-schemas.ts'

export interface SchemaFinding {
  id: 'L2/unknown-field' | 'L2/type' | 'L2/required' | 'L2/value'
  at: string
  because: string
}

/** Checks an object strictly: every field known, every value of its type. Deprecated fields are named beside. */
export function checkObject(object: unknown, kind: KindSchema): { findings: SchemaFinding[]; deprecated: string[] } {
  const walk = new Walk(kind)
  walk.check(object, kind.schema, '')
  return { findings: walk.findings, deprecated: walk.deprecated }
}

const maxFindings = 50

class Walk {
  readonly findings: SchemaFinding[] = []
  readonly deprecated: string[] = []
  readonly #kind: KindSchema

  constructor(kind: KindSchema) {
    this.#kind = kind
  }

  check(value: unknown, given: ApiSchema, at: string): void {
    if (this.findings.length >= maxFindings) return
    const schema = this.#flatten(given)
    if (isDeprecated(schema, given)) this.deprecated.push(at)
    if (schema['x-kubernetes-int-or-string'] || schema.format === 'int-or-string')
      return this.#checkIntOrString(value, at)
    if (isQuantity(given, schema)) return this.#checkQuantity(value, at)
    if (schema['x-kubernetes-embedded-resource'] && !isMap(value)) return this.#fail('L2/type', at, 'an object', value)
    switch (schema.type) {
      case 'object':
        return this.#checkMap(value, schema, at)
      case 'array':
        if (!Array.isArray(value)) return this.#fail('L2/type', at, 'a list', value)
        for (const [i, item] of value.entries()) this.check(item, schema.items ?? {}, `${at}[${i}]`)
        return undefined
      case 'string':
        return this.#checkString(value, schema, at)
      case 'boolean':
        return typeof value === 'boolean' ? undefined : this.#fail('L2/type', at, 'true or false', value)
      case 'integer':
      case 'number':
        return this.#checkNumber(value, schema, at)
      default:
        return undefined
    }
  }

  #checkMap(value: unknown, schema: ApiSchema, at: string): void {
    if (!isMap(value)) return this.#fail('L2/type', at, 'a map', value)
    const { properties = {}, additionalProperties, required = [] } = schema
    const isOpen =
      additionalProperties === true ||
      schema['x-kubernetes-preserve-unknown-fields'] === true ||
      (schema.properties === undefined && additionalProperties === undefined)
    for (const [key, item] of Object.entries(value)) {
      const place = join(at, key)
      const known = Object.hasOwn(properties, key) ? properties[key] : undefined
      const own = known ?? (typeof additionalProperties === 'object' ? additionalProperties : undefined)
      if (!own) {
        if (!isOpen) this.#unknownField(key, place, properties)
        continue
      }
      // an optional field may be null, which is the same as leaving it out; a value of a map may not
      if (item === null && (own.nullable === true || (known && !required.includes(key)))) continue
      this.check(item, own, place)
    }
    for (const key of required) {
      if (value[key] === undefined) {
        this.findings.push({ id: 'L2/required', at: join(at, key), because: 'missing; the API requires it' })
      }
    }
    return undefined
  }

  #unknownField(key: string, at: string, properties: Record<string, ApiSchema>): void {
    const near = closest(key, Object.keys(properties))
    const hint = near === undefined ? '' : `; did you mean ${near}?`
    this.findings.push({ id: 'L2/unknown-field', at, because: `there is no such field${hint}` })
  }

  #checkString(value: unknown, schema: ApiSchema, at: string): void {
    if (typeof value !== 'string') return this.#fail('L2/type', at, 'text', value)
    if (schema.enum && !schema.enum.includes(value)) {
      return this.#fail('L2/value', at, `one of ${schema.enum.filter(Boolean).join(', ')}`, value)
    }
    if (schema.format === 'byte' && !isBase64(value)) return this.#fail('L2/value', at, 'base64', value)
    if (schema.format === 'date-time' && Number.isNaN(Date.parse(value))) {
      return this.#fail('L2/value', at, 'a time such as 2026-01-31T12:00:00Z', value)
    }
    if (schema.pattern !== undefined && !new RegExp(schema.pattern, 'u').test(value)) {
      return this.#fail('L2/value', at, `text that matches ${schema.pattern}`, value)
    }
    return undefined
  }

  #checkNumber(value: unknown, schema: ApiSchema, at: string): void {
    const isWhole = schema.type === 'integer'
    if (typeof value !== 'number' || (isWhole && !Number.isInteger(value))) {
      return this.#fail('L2/type', at, isWhole ? 'a whole number' : 'a number', value)
    }
    const { minimum = -Infinity, maximum = schema.format === 'int32' ? 2 ** 31 - 1 : Infinity } = schema
    if (value < minimum || value > maximum) this.#fail('L2/value', at, `${minimum} to ${maximum}`, value)
    return undefined
  }

  #checkIntOrString(value: unknown, at: string): void {
    if (typeof value !== 'string' && !Number.isInteger(value))
      this.#fail('L2/type', at, 'a whole number or text', value)
  }

  #checkQuantity(value: unknown, at: string): void {
    if (parseQuantity(value) === undefined) this.#fail('L2/type', at, 'a quantity such as 500m or 256Mi', value)
  }

  /** A schema with what it refers to and is made of. */
  #flatten(schema: ApiSchema): ApiSchema {
    const parts = [...(schema.allOf ?? []), ...(schema.$ref === undefined ? [] : [{ $ref: schema.$ref }])]
    if (parts.length === 0) return schema
    const resolved = parts.map((part) => {
      const target = part.$ref === undefined ? part : this.#kind.resolve(part.$ref)
      return target === undefined ? {} : this.#flatten(target)
    })
    return Object.assign({}, ...resolved, { ...schema, allOf: undefined, $ref: undefined }) as ApiSchema
  }

  #fail(id: SchemaFinding['id'], at: string, expected: string, value: unknown): void {
    this.findings.push({ id, at, because: `expected ${expected}, got ${show(value)}` })
  }
}

function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function join(at: string, key: string): string {
  const part = /^[\w-]+$/.test(key) ? key : `[${JSON.stringify(key)}]`
  return at === '' || part.startsWith('[') ? `${at}${part}` : `${at}.${part}`
}

function isQuantity(given: ApiSchema, schema: ApiSchema): boolean {
  const refs = [given.$ref, ...(given.allOf ?? []).map(({ $ref }) => $ref)]
  if (refs.some((ref) => ref?.endsWith('.api.resource.Quantity'))) return true
  return schema.description?.startsWith('Quantity is a fixed-point representation') === true
}

function isDeprecated(schema: ApiSchema, given: ApiSchema): boolean {
  const description = given.description ?? schema.description ?? ''
  return /^(deprecated\b|\S+ is deprecated\b)/i.test(description)
}

function isBase64(text: string): boolean {
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(text.replaceAll(/[\r\n]/g, ''))
}

function show(value: unknown): string {
  if (value === undefined || value === null) return 'nothing'
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
