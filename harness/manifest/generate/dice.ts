/** Choices that come out the same on every machine. */
export interface Dice {
  /** A whole number from 0 to `sides - 1`. */
  roll(sides: number): number
  pick<T>(items: readonly T[]): T
  /** Some different items, in their own order. */
  some<T>(items: readonly T[], count: number): T[]
}

export function createDice(seed: string): Dice {
  let state = 2_166_136_261
  for (const char of seed) state = Math.imul(state ^ (char.codePointAt(0) ?? 0), 16_777_619) >>> 0
  const roll = (sides: number): number => {
    state = (state + 0x6d_2b_79_f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * sides)
  }
  return {
    roll,
    pick: <T>(items: readonly T[]): T => items[roll(items.length)] as T,
    some<T>(items: readonly T[], count: number): T[] {
      const left = items.map((item, i) => ({ item, i }))
      const taken: typeof left = []
      while (taken.length < count && left.length > 0) taken.push(...left.splice(roll(left.length), 1))
      return taken.toSorted((a, b) => a.i - b.i).map(({ item }) => item)
    },
  }
}
