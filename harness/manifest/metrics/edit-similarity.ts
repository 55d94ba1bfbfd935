import { findMatchingBlocks, indexElements, type ElementIndex } from './matching-blocks.ts'
import { splitLines, strip } from './python-text.ts'

/**
 * One minus the lines to add and to delete on the way from the answer to the reference, for each line of the reference;
 * never below 0. Which lines count is what difflib's Differ says, which also pairs up identical lines inside a replaced
 * block. Undefined without a reference.
 */
export function editSimilarity(answer: string, reference: string): number | undefined {
  const from = splitLines(strip(answer)).map(strip)
  const to = splitLines(strip(reference)).map(strip)
  if (to.length === 0) return undefined
  return Math.max(0, 1 - countEdits(from, to) / to.length)
}

function countEdits(from: readonly string[], to: readonly string[]): number {
  const lines = new Comparison(from, to)
  let edits = 0
  let [i, j] = [0, 0]
  const blocks = findMatchingBlocks(from, indexElements(to))
  for (const block of [...blocks, { a: from.length, b: to.length, size: 0 }]) {
    edits += lines.countEdits([i, block.a, j, block.b])
    i = block.a + block.size
    j = block.b + block.size
  }
  return edits
}

/** Lines as arrays of code points, indexed once for the many comparisons of each with each. */
class Comparison {
  readonly #from: readonly string[]
  readonly #to: readonly string[]
  readonly #fromChars: string[][]
  readonly #toIndex: (ElementIndex<string> & { counts: Map<string, number> })[]

  constructor(from: readonly string[], to: readonly string[]) {
    this.#from = from
    this.#to = to
    this.#fromChars = from.map((line) => Array.from(line))
    this.#toIndex = to.map((line) => {
      const chars = Array.from(line)
      return { ...indexElements(chars), counts: countChars(chars) }
    })
  }

  /** The added and deleted lines of one replaced block: a pair of close lines, or else of equal ones, splits it in two. */
  countEdits([i0, i1, j0, j1]: readonly [number, number, number, number]): number {
    if (i0 === i1 || j0 === j1) return i1 - i0 + (j1 - j0)
    const pair = this.#findPair(i0, i1, j0, j1)
    if (!pair) return i1 - i0 + (j1 - j0)
    const before = this.countEdits([i0, pair.i, j0, pair.j])
    const after = this.countEdits([pair.i + 1, i1, pair.j + 1, j1])
    return before + (pair.isEqual ? 0 : 2) + after
  }

  #findPair(i0: number, i1: number, j0: number, j1: number): { i: number; j: number; isEqual: boolean } | undefined {
    let [best, bestI, bestJ] = [0.74, -1, -1]
    let equal: { i: number; j: number; isEqual: true } | undefined
    for (let j = j0; j < j1; j++) {
      for (let i = i0; i < i1; i++) {
        if (this.#from[i] === this.#to[j]) {
          equal ??= { i, j, isEqual: true }
          continue
        }
        const ratio = this.#ratioAbove(best, i, j)
        if (ratio !== undefined) [best, bestI, bestJ] = [ratio, i, j]
      }
    }
    return best < 0.75 ? equal : { i: bestI, j: bestJ, isEqual: false }
  }

  /** How alike two lines are, if more than a bound; two cheap upper limits spare most comparisons. */
  #ratioAbove(bound: number, i: number, j: number): number | undefined {
    const chars = this.#fromChars[i] ?? []
    const index = this.#toIndex[j]
    if (!index) return undefined
    const length = chars.length + index.items.length
    const ratio = (matches: number): number => (length === 0 ? 1 : (2 * matches) / length)
    if (ratio(Math.min(chars.length, index.items.length)) <= bound) return undefined
    if (ratio(countCommon(chars, index.counts)) <= bound) return undefined
    const matched = findMatchingBlocks(chars, index).reduce((sum, block) => sum + block.size, 0)
    return ratio(matched) > bound ? ratio(matched) : undefined
  }
}

function countChars(chars: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  for (const char of chars) counts.set(char, (counts.get(char) ?? 0) + 1)
  return counts
}

function countCommon(chars: readonly string[], counts: ReadonlyMap<string, number>): number {
  const used = new Map<string, number>()
  let common = 0
  for (const char of chars) {
    const sofar = used.get(char) ?? 0
    if (sofar < (counts.get(char) ?? 0)) common++
    used.set(char, sofar + 1)
  }
  return common
}
