import { splitLines, stripEnd } from './python-text.ts'
import { keyOfValue, safeLoadAll, type SafeValue } from './safe-yaml.ts'

/** Whether both say the same documents: order of keys does not matter, order of lists and types of values do. */
export function isKeyValueEqual(given: SafeValue[] | undefined, reference: string): boolean {
  const expected = tryLoadAll(reference)
  if (!given || !expected || expected.length === 0 || given.length !== expected.length) return false
  return given.every((document, i) => isSame(document, expected[i] ?? { type: 'null' }))
}

/**
 * How much of the two sets of leaves is common: a leaf is a path of keys, without positions in lists, and a value. A
 * reference line that ends in a `# *` comment takes any value. Undefined where the published implementation breaks off,
 * which its harness counts as 0.
 */
export function keyValueWildcard(given: SafeValue[] | undefined, labelledReference: string): number | undefined {
  if (!given) return 0
  try {
    const expected = safeLoadAll(markWildcards(labelledReference))
    if (expected.length === 0) return undefined
    let [common, all] = [0, 0]
    for (let i = 0; i < Math.max(given.length, expected.length); i++) {
      const theirs = leavesOf(given[i] ?? emptyDict)
      const ours = leavesOf(expected[i] ?? emptyDict)
      const shared = countCommon(theirs, ours)
      common += shared
      all += theirs.length + ours.length - shared
    }
    return all === 0 ? undefined : common / all
  } catch {
    return undefined
  }
}

const emptyDict: SafeValue = { type: 'dict', entries: new Map() }

/** The documents of a text; undefined when it is no YAML. */
export function tryLoadAll(text: string): SafeValue[] | undefined {
  try {
    return safeLoadAll(text)
  } catch {
    return undefined
  }
}

/** Puts the label of a line onto its key: `image: x # *` becomes `image*: x # *`. */
function markWildcards(reference: string): string {
  const lines = splitLines(reference).map((line) => {
    if (!line.includes('#') || !stripEnd(line).endsWith('*')) return line
    const colon = line.indexOf(':')
    if (colon === -1) throw new Error(`a labelled line without a key: ${line}`)
    return `${stripEnd(line.slice(0, colon))}*:${line.slice(colon + 1)}`
  })
  return `${lines.join('\n')}${reference.endsWith('\n') ? '\n' : ''}`
}

interface Leaf {
  path: string
  value: SafeValue
  isWildcard: boolean
}

function leavesOf(document: SafeValue): Leaf[] {
  if (document.type !== 'dict') throw new Error('not a mapping')
  return [...document.entries.values()].flatMap(({ key, value }): Leaf[] => {
    if (key.type !== 'str') throw new Error('a key that is no text')
    const name = key.value.replace(/\*+$/, '')
    const below = value.type === 'dict' ? [value] : isListOfDicts(value) ? value.items : undefined
    if (!below) return [{ path: JSON.stringify(name), value, isWildcard: key.value.endsWith('*') }]
    return below.flatMap((item) =>
      leavesOf(item).map((leaf) => ({ ...leaf, path: `${JSON.stringify(name)}.${leaf.path}` })),
    )
  })
}

function isListOfDicts(value: SafeValue): value is SafeValue & { type: 'list' } {
  return value.type === 'list' && value.items[0]?.type === 'dict'
}

/** Leaves of the reference that the answer has; one of the answer may stand for several. */
function countCommon(given: readonly Leaf[], expected: readonly Leaf[]): number {
  const byPath = Map.groupBy(given, ({ path }) => path)
  return expected.filter(({ path, value, isWildcard }) =>
    byPath.get(path)?.some((leaf) => isWildcard || isEqual(leaf.value, value)),
  ).length
}

/** Python's `==`: numbers and booleans compare by value, whatever their type. */
function isEqual(a: SafeValue, b: SafeValue): boolean {
  if (a.type === 'list' && b.type === 'list') return isEveryPair(a.items, b.items, isEqual)
  if (a.type === 'dict' && b.type === 'dict') return isEveryEntry(a, b, isEqual)
  if (a.type === 'list' || a.type === 'dict' || b.type === 'list' || b.type === 'dict') return false
  if (a.type === 'float' && Number.isNaN(a.value)) return false
  return keyOfValue(a) === keyOfValue(b)
}

/** Whether DeepDiff finds nothing: like `isEqual`, but a value of another type is another value. */
function isSame(a: SafeValue, b: SafeValue): boolean {
  if (a.type !== b.type) return false
  if (a.type === 'float' && Number.isNaN(a.value)) return Number.isNaN((b as typeof a).value)
  // a moment without a zone counts as UTC
  if (a.type === 'datetime') return a.value.replace(/Z$/, '') === (b as typeof a).value.replace(/Z$/, '')
  if (a.type === 'list' && b.type === 'list') return isEveryPair(a.items, b.items, isSame)
  if (a.type === 'dict' && b.type === 'dict') return isEveryEntry(a, b, isSame)
  return isEqual(a, b)
}

type Compare = (a: SafeValue, b: SafeValue) => boolean

function isEveryPair(a: readonly SafeValue[], b: readonly SafeValue[], compare: Compare): boolean {
  return a.length === b.length && a.every((item, i) => compare(item, b[i] ?? { type: 'null' }))
}

function isEveryEntry(a: SafeValue & { type: 'dict' }, b: SafeValue & { type: 'dict' }, compare: Compare): boolean {
  if (a.entries.size !== b.entries.size) return false
  return [...a.entries].every(([name, { value }]) => {
    const other = b.entries.get(name)
    return other !== undefined && compare(value, other.value)
  })
}
