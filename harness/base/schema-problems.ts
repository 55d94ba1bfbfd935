import { z } from 'zod'
import { closest } from './closest.ts'

/** What is wrong at one place of a document: `difficulty`, "expected one of easy, medium, hard, got "trivial"". */
export interface SchemaProblem {
  /** The place in dots and brackets: `outcome[0].http-answers.url`; empty for the whole document. */
  path: string
  message: string
}

export type Checked<T> = { value: T; problems?: undefined } | { value?: undefined; problems: SchemaProblem[] }

/** Reads a document by its schema, and words every problem for the person who wrote the document. */
export function checkAgainst<S extends z.ZodType>(schema: S, document: unknown): Checked<z.output<S>> {
  const result = schema.safeParse(document, { error: wordIssue })
  if (result.success) return { value: result.data }
  return { problems: result.error.issues.flatMap((issue) => problemsOf(issue, schema, [])) }
}

/** A place in a document as people write it. */
export function renderPath(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`
    const key = String(part)
    if (!/^[\w$-]+$/.test(key)) return `${text}[${JSON.stringify(key)}]`
    return text === '' ? key : `${text}.${key}`
  }, '')
}

/** A value as it stands in a sentence: short, quoted, on one line. */
export function renderValue(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (value instanceof Date) return 'a date'
  if (value === null) return 'nothing'
  if (typeof value === 'object') return 'a map'
  if (typeof value !== 'string') return `${value as number | boolean | bigint | undefined}`
  const quoted = JSON.stringify(value)
  return quoted.length > 60 ? `${quoted.slice(0, 56)}…"` : quoted
}

type Issue = z.core.$ZodIssue

function problemsOf(issue: Issue, schema: z.ZodType, prefix: PropertyKey[]): SchemaProblem[] {
  const path = [...prefix, ...issue.path]
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schemaAt(schema, issue.path))
    return issue.keys.map((key) => ({ path: renderPath([...path, key]), message: wordUnknownKey(key, known) }))
  }
  if (issue.code === 'invalid_union') {
    const branch = deepestBranch(issue.errors)
    if (branch) return branch.flatMap((inner) => problemsOf(inner, z.unknown(), path))
  }
  return [{ path: renderPath(path), message: issue.message }]
}

/** The branch of a union that the author evidently meant: the one whose problems lie inside and not at its root. */
function deepestBranch(branches: Issue[][]): Issue[] | undefined {
  const inside = branches.filter(
    (issues) =>
      issues.length > 0 && issues.every((issue) => issue.path.length > 0 || issue.code === 'unrecognized_keys'),
  )
  return inside.length === 1 ? inside[0] : undefined
}

function wordUnknownKey(key: string, known: string[]): string {
  const meant = closest(key, known)
  if (meant !== undefined) return `unknown field; did you mean ${meant}?`
  return known.length > 0 && known.length <= 24 ? `unknown field; known are ${known.join(', ')}` : 'unknown field'
}

function wordIssue(issue: z.core.$ZodRawIssue): string | undefined {
  const expected = wordExpectation(issue)
  if (expected === undefined) return undefined
  return issue.input === undefined ? `missing; expected ${expected}` : `expected ${expected}, got ${got(issue)}`
}

function got(issue: z.core.$ZodRawIssue): string {
  const isSize = issue.code === 'too_small' || issue.code === 'too_big'
  if (isSize && Array.isArray(issue.input)) return issue.input.length === 0 ? 'none' : String(issue.input.length)
  return renderValue(issue.input)
}

function wordExpectation(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return typeWords[issue.expected] ?? `a ${issue.expected}`
    case 'invalid_value': {
      const values = issue.values.map(String)
      return values.length === 1 ? values[0] : `one of ${values.join(', ')}`
    }
    case 'too_small':
      return wordSize(issue.origin, `at least ${String(issue.minimum)}`, issue.inclusive, issue.minimum)
    case 'too_big':
      return wordSize(issue.origin, `at most ${String(issue.maximum)}`, issue.inclusive, issue.maximum)
    case 'invalid_format':
      return issue.format === 'regex' ? `text that matches ${issue.pattern}` : `a valid ${issue.format}`
    default:
      return undefined
  }
}

function wordSize(
  origin: string,
  bound: string,
  isInclusive: boolean | undefined,
  limit: number | bigint | undefined,
): string {
  if (origin === 'string') return limit === 1 ? 'some text' : `${bound} characters`
  if (origin === 'array') return limit === 1 ? 'at least one entry' : `${bound} entries`
  if (isInclusive === false) return bound.startsWith('at least') ? `more than ${limit}` : `less than ${limit}`
  return `a number of ${bound}`
}

const typeWords: Record<string, string> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'a map',
  record: 'a map',
  array: 'a list',
}

/** The schema that governs a place, as far as it can be followed. */
function schemaAt(schema: z.ZodType, path: readonly PropertyKey[]): z.ZodType {
  return path.reduce<z.ZodType>((at, part) => {
    const inner = unwrap(at)
    if (inner instanceof z.ZodObject) return (inner.shape as Record<string, z.ZodType>)[String(part)] ?? z.unknown()
    if (inner instanceof z.ZodArray) return inner.element as z.ZodType
    if (inner instanceof z.ZodRecord) return inner.valueType as z.ZodType
    return z.unknown()
  }, schema)
}

function knownKeys(schema: z.ZodType): string[] {
  const inner = unwrap(schema)
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : []
}

function unwrap(schema: z.ZodType): z.ZodType {
  let at = schema
  for (;;) {
    if (at instanceof z.ZodOptional || at instanceof z.ZodNullable || at instanceof z.ZodDefault) {
      at = at.def.innerType as z.ZodType
    } else if (at instanceof z.ZodPrefault) {
      at = at.def.innerType as z.ZodType
    } else if (at instanceof z.ZodPipe) {
      at = at.def.in as z.ZodType
    } else {
      return at
    }
  }
}
