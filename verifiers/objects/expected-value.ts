import { z } from 'zod'
import { canonicalQuantity } from '../../harness/state/quantity.ts'
import { isEqual } from '../../harness/state/json.ts'
import { parsePath } from '../../harness/state/path.ts'
import { patternParam } from '../params.ts'
import { valuesAt } from './values-at.ts'

/** What the values at a path must be: all of them, and at least one. */
export interface ExpectedValue {
  path: string
  equals?: unknown
  'one-of'?: unknown[] | undefined
  matches?: string | undefined
  not?: unknown
  absent?: boolean | undefined
}

/** The parameters of an expected value, for the schema of a check. */
export const expectedValueParams: {
  path: z.ZodType<string>
  equals: z.ZodOptional<z.ZodUnknown>
  'one-of': z.ZodOptional<z.ZodArray<z.ZodUnknown>>
  matches: z.ZodOptional<z.ZodType<string>>
  not: z.ZodOptional<z.ZodUnknown>
  absent: z.ZodOptional<z.ZodBoolean>
} = {
  path: z
    .string()
    .min(1)
    .refine(isPath, {
      error: (issue) =>
        `expected a path such as spec.template.spec.containers[name=web].image, got ${JSON.stringify(issue.input)}`,
    })
    .meta({ description: 'Where: spec.containers[*].env[name=MODE].value, data["app.yaml"].' }),
  equals: z.unknown().optional().meta({ description: 'Each value is this; 1000m is 1.' }),
  'one-of': z.array(z.unknown()).min(1).optional().meta({ description: 'Each value is one of these.' }),
  matches: patternParam('Each value matches this regular expression.').optional(),
  not: z.unknown().optional().meta({ description: 'No value is this.' }),
  absent: z.boolean().optional().meta({ description: 'true: there is nothing at the path.' }),
}

/** What is wrong in an object, as the end of a sentence that begins with its name; undefined when it is as expected. */
export function valueMismatch(object: unknown, expected: ExpectedValue): string | undefined {
  const { path } = expected
  const found = valuesAt(object, path)
  if (expected.absent === true) {
    const [first] = found
    return first === undefined ? undefined : `has ${first.at}: ${show(first.value)}`
  }
  if (found.length === 0) return 'not' in expected && expected.not !== undefined ? undefined : `has no ${path}`
  for (const { at, value } of found) {
    const problem = problemOf(value, expected)
    if (problem !== undefined) return `has ${at}: ${show(value)}, ${problem}`
  }
  return undefined
}

/** A value in a sentence. */
export function show(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 160 ? `${text.slice(0, 157)}...` : text
}

function problemOf(value: unknown, expected: ExpectedValue): string | undefined {
  const { equals, 'one-of': oneOf, matches, not } = expected
  if (equals !== undefined && !isSame(value, equals)) return `not ${show(equals)}`
  if (oneOf !== undefined && !oneOf.some((one) => isSame(value, one))) return `none of ${show(oneOf)}`
  if (matches !== undefined && !new RegExp(matches, 'm').test(textOf(value))) return `which does not match /${matches}/`
  if (not !== undefined && isSame(value, not)) return 'which it must not have'
  return undefined
}

/** Equal, or two spellings of one quantity. */
function isSame(a: unknown, b: unknown): boolean {
  if (isEqual(a, b)) return true
  const isQuantity = [a, b].some((one) => typeof one === 'string' && /^\d+(\.\d+)?(m|[kMGTPE]i?)$/.test(one))
  return isQuantity && canonicalQuantity(a) === canonicalQuantity(b)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : show(value)
}

function isPath(text: string): boolean {
  try {
    return parsePath(text).length > 0
  } catch {
    return false
  }
}
