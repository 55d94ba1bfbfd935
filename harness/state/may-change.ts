import { InputError } from '../base/errors.ts'
import { diffValues } from './diff-values.ts'
import type { Difference } from './difference.ts'
import { isObject } from './json.ts'
import { typeOfField } from './normalize-value.ts'
import { parseSelector, selects, type ObjectSelector } from './object-selector.ts'
import { covers, parsePath, type Path, type Step } from './path.ts'
import type { ObjectId } from './cluster-state.ts'
import { typesOf, type TypeFinder } from './types/known-types.ts'
import type { Type } from './types/type.ts'

/** What contract.yaml says under may-change: for each object, paths or `created`, `deleted`, `recreated`. */
export type MayChange = Record<string, readonly string[]>

/** One entry of may-change, understood. */
export interface Allowance {
  /** The entry as the author wrote it. */
  text: string
  selector: ObjectSelector
  events: ReadonlySet<string>
  paths: Path[]
}

/** Understands may-change; everything wrong with it is one `InputError`. */
export function parseMayChange(mayChange: MayChange): Allowance[] {
  const problems: string[] = []
  const attempt = <T>(where: string, parse: () => T): T | undefined => {
    try {
      return parse()
    } catch (error) {
      if (!(error instanceof InputError)) throw error
      problems.push(...error.problems.map((problem) => `may-change${where}: ${problem}`))
      return undefined
    }
  }
  const allowances = Object.entries(mayChange).flatMap(([text, entries]): Allowance[] => {
    const selector = attempt('', () => parseSelector(text))
    if (entries.length === 0) problems.push(`may-change: ${text}: expected at least one path`)
    const paths = entries
      .filter((entry) => !eventWords.has(entry))
      .flatMap((entry) => {
        const path = attempt(`: ${text}`, () => parsePath(entry))
        if (path?.length === 0) problems.push(`may-change: ${text}: expected a path, not an empty text`)
        return path === undefined ? [] : [path]
      })
    return selector ? [{ text, selector, events: new Set(entries.filter((e) => eventWords.has(e))), paths }] : []
  })
  if (problems.length > 0) throw new InputError(problems)
  return allowances
}

/** The entry that allows a difference, or undefined when none does. */
export function allowed(
  difference: Difference,
  allowances: readonly Allowance[],
  typeOf: TypeFinder = typesOf(),
): Allowance | undefined {
  const mine = allowances.filter((allowance) => selects(allowance.selector, difference.object))
  if (mine.length === 0) return undefined
  if (difference.path === '') {
    const word = difference.kind === 'added' ? 'created' : 'deleted'
    return mine.find(({ events }) => events.has(word))
  }
  if (difference.kind === 'recreated') return mine.find(({ events }) => events.has('recreated'))
  const path = parsePath(difference.path)
  const patterns = mine.flatMap((allowance) => allowance.paths.map((pattern) => ({ allowance, pattern })))
  const type = typeAt(typeOf(asKind(difference)), path)
  return findCover(path, difference.before, difference.after, type, patterns)
}

/** Whether the contract lets anything of an object change. */
export function isMentioned(id: ObjectId, allowances: readonly Allowance[]): boolean {
  return allowances.some((allowance) => selects(allowance.selector, id))
}

const eventWords = new Set(['created', 'deleted', 'recreated'])

/** A pattern that covers the place, or patterns that cover all of what came or went below it. */
function findCover(
  path: Path,
  before: unknown,
  after: unknown,
  type: Type | undefined,
  patterns: readonly { allowance: Allowance; pattern: Path }[],
): Allowance | undefined {
  const direct = patterns.find(({ pattern }) => covers(pattern, path))
  if (direct) return direct.allowance
  if (!patterns.some(({ pattern }) => pattern.length > path.length && covers(pattern.slice(0, path.length), path))) {
    return undefined
  }
  const parts = partsOf(path, before, after, type)
  const covered = parts.map((part) =>
    findCover(part.path, part.before, part.after, typeAt(type, part.path, path.length), patterns),
  )
  return parts.length > 0 && covered.every((allowance) => allowance !== undefined) ? covered[0] : undefined
}

/** What a value that came or went as a whole consists of. */
function partsOf(
  path: Path,
  before: unknown,
  after: unknown,
  type: Type | undefined,
): { path: Path; before: unknown; after: unknown }[] {
  if (before !== undefined && after !== undefined) return []
  const whole = before ?? after
  const empty = isObject(whole) ? {} : Array.isArray(whole) ? [] : undefined
  if (empty === undefined) return []
  const parts = before === undefined ? diffValues(empty, after, type, path) : diffValues(before, empty, type, path)
  return parts.filter((part) => part.path.length > path.length)
}

function typeAt(type: Type | undefined, path: Path, from = 0): Type | undefined {
  return path.slice(from).reduce<Type | undefined>((here, step) => typeOfStep(here, step), type)
}

function typeOfStep(type: Type | undefined, step: Step): Type | undefined {
  return 'field' in step ? typeOfField(type, step.field) : type?.items
}

/** Types do not depend on the version but for custom resources, whose lists of parts then come untyped. */
function asKind({ object }: Difference): { apiVersion: string; kind: string } {
  return { apiVersion: object.group === '' ? 'v1' : `${object.group}/v1`, kind: object.kind }
}
