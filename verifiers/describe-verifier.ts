import { z } from 'zod'
import type { Verifier } from './verifier.ts'

/** What `kubemend explain` tells about a check. */
export interface VerifierDescription {
  name: string
  summary: string
  params: ParamDescription[]
  example: string
  details: string | null
}

export interface ParamDescription {
  name: string
  /** In words: text, number, one of a, b. */
  type: string
  isRequired: boolean
  default?: unknown
  description: string
}

/** Describes a check from its definition and nothing else. */
export function describeVerifier({ name, summary, params, example, details }: Verifier): VerifierDescription {
  const schema = z.toJSONSchema(params, { io: 'input', unrepresentable: 'any', reused: 'inline' }) as Schema
  const required = new Set(schema.required)
  return {
    name,
    summary,
    params: Object.entries(schema.properties ?? {}).map(([param, inner]) => ({
      name: param,
      type: typeOf(inner),
      isRequired: required.has(param),
      ...(inner.default === undefined ? {} : { default: inner.default }),
      description: inner.description ?? '',
    })),
    example,
    details: details ?? null,
  }
}

/** The page about the whole library, docs/verifiers.md. */
export function renderLibraryPage(verifiers: readonly Verifier[]): string {
  const all = verifiers.map(describeVerifier)
  const list = all.map(({ name, summary }) => `- [\`${name}\`](#${name}): ${summary}`)
  return [
    '# Verifiers',
    '',
    'The checks that `tests/contract.yaml` may name. This page is written from their definitions by',
    '`kubemend explain --markdown >docs/verifiers.md`; `kubemend explain VERIFIER` shows one of them.',
    '',
    'Each says *met*, *not met* or *unknown*, with the reason in words. Unknown is for what could not be looked at and makes a',
    'trial invalid; a broken workload is never unknown. A check looks once and changes nothing; whoever runs it asks again.',
    '',
    ...list,
    '',
    ...all.flatMap(renderSection),
  ].join('\n')
}

interface Schema {
  type?: string
  format?: string
  enum?: unknown[]
  const?: unknown
  anyOf?: Schema[]
  items?: Schema
  additionalProperties?: Schema | boolean
  properties?: Record<string, Schema>
  required?: string[]
  default?: unknown
  description?: string
}

function renderSection({ name, summary, params, example, details }: VerifierDescription): string[] {
  const rows = params.map(({ name: param, type, isRequired, default: preset, description }) => {
    const need = isRequired
      ? 'required'
      : preset === undefined || isEmpty(preset)
        ? ''
        : `\`${JSON.stringify(preset)}\``
    return `| \`${param}\` | ${type.replaceAll('|', '\\|')} | ${need} | ${description.replaceAll('|', '\\|')} |`
  })
  return [
    `## ${name}`,
    '',
    summary,
    '',
    '```yaml',
    `- ${example}`,
    '```',
    '',
    '| parameter | type | default | what it is |',
    '|---|---|---|---|',
    ...rows,
    '',
    ...(details === null ? [] : [details, '']),
  ]
}

function typeOf(schema: Schema): string {
  if (schema.enum) return `one of ${schema.enum.map(String).join(', ')}`
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(', or ')
  if (schema.type === 'array') return `list of ${typeOf(schema.items ?? {})}`
  if (schema.properties) return `map of ${Object.keys(schema.properties).join(', ')}`
  if (schema.type === 'object') {
    const inner = schema.additionalProperties
    return typeof inner === 'object' ? `map to ${typeOf(inner)}` : 'map'
  }
  if (schema.format === 'regex') return 'regular expression'
  return words[schema.type ?? ''] ?? 'anything'
}

const words: Record<string, string> = {
  string: 'text',
  integer: 'number',
  number: 'number',
  boolean: 'true or false',
}

function isEmpty(preset: unknown): boolean {
  return typeof preset === 'object' && preset !== null && Object.keys(preset).length === 0
}
