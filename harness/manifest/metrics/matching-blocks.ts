/** A run of equal elements: `a[a..a+size)` equals `b[b..b+size)`. */
export interface MatchingBlock {
  a: number
  b: number
  size: number
}

/** Where each element of a sequence stands, made once for many comparisons with it. */
export interface ElementIndex<T> {
  items: readonly T[]
  positions: Map<T, number[]>
}

/**
 * Indexes a sequence. In sequences of 200 and more, elements that make up over one percent are left out, as Python's
 * difflib does; they still lengthen a match that others began.
 */
export function indexElements<T>(items: readonly T[]): ElementIndex<T> {
  const positions = new Map<T, number[]>()
  for (const [i, item] of items.entries()) {
    const at = positions.get(item)
    if (at) at.push(i)
    else positions.set(item, [i])
  }
  if (items.length >= 200) {
    const most = Math.floor(items.length / 100) + 1
    for (const [item, at] of positions) if (at.length > most) positions.delete(item)
  }
  return { items, positions }
}

/** The longest common run, then the longest on each side of it, and so on: Ratcliff and Obershelp's way, in order. */
export function findMatchingBlocks<T>(a: readonly T[], b: ElementIndex<T>): MatchingBlock[] {
  const found: MatchingBlock[] = []
  const open: [number, number, number, number][] = [[0, a.length, 0, b.items.length]]
  for (let range = open.pop(); range; range = open.pop()) {
    const [aFrom, aTo, bFrom, bTo] = range
    const block = findLongest(a, b, range)
    if (block.size === 0) continue
    found.push(block)
    if (aFrom < block.a && bFrom < block.b) open.push([aFrom, block.a, bFrom, block.b])
    const [aAfter, bAfter] = [block.a + block.size, block.b + block.size]
    if (aAfter < aTo && bAfter < bTo) open.push([aAfter, aTo, bAfter, bTo])
  }
  return joinAdjacent(found.toSorted((x, y) => x.a - y.a || x.b - y.b))
}

/** Of all longest runs the one that begins first in `a`, then in `b`. */
function findLongest<T>(
  a: readonly T[],
  b: ElementIndex<T>,
  [aFrom, aTo, bFrom, bTo]: readonly [number, number, number, number],
): MatchingBlock {
  let best: MatchingBlock = { a: aFrom, b: bFrom, size: 0 }
  let endingBefore = new Map<number, number>()
  for (let i = aFrom; i < aTo; i++) {
    const endingHere = new Map<number, number>()
    for (const j of b.positions.get(a[i] as T) ?? []) {
      if (j < bFrom) continue
      if (j >= bTo) break
      const size = (endingBefore.get(j - 1) ?? 0) + 1
      endingHere.set(j, size)
      if (size > best.size) best = { a: i - size + 1, b: j - size + 1, size }
    }
    endingBefore = endingHere
  }
  let { a: i, b: j, size } = best
  while (i > aFrom && j > bFrom && a[i - 1] === b.items[j - 1]) [i, j, size] = [i - 1, j - 1, size + 1]
  while (i + size < aTo && j + size < bTo && a[i + size] === b.items[j + size]) size++
  return { a: i, b: j, size }
}

function joinAdjacent(blocks: readonly MatchingBlock[]): MatchingBlock[] {
  const joined: MatchingBlock[] = []
  for (const block of blocks) {
    const last = joined.at(-1)
    if (last && last.a + last.size === block.a && last.b + last.size === block.b) last.size += block.size
    else joined.push({ ...block })
  }
  return joined
}
