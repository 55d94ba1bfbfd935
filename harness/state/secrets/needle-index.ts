import { minLength, squeeze, type Needle } from './needles.ts'

/** Finds any of very many needles in a text in one pass over it. */
export interface NeedleIndex {
  find(text: string): Needle[]
}

/** Prepares needles to be searched for: by their first characters, with a bit table in front. */
export function indexNeedles(needles: readonly Needle[]): NeedleIndex {
  const byStart = Map.groupBy(needles, (needle) => needle.text.slice(0, minLength))
  const mayStart = new Uint8Array(tableSize)
  for (const start of byStart.keys()) mayStart[hashAt(start, 0)] = 1
  const search = (text: string, found: Set<Needle>, isSqueezed: boolean): void => {
    for (let i = 0; i + minLength <= text.length; i++) {
      if (mayStart[hashAt(text, i)] === 0) continue
      for (const needle of byStart.get(text.slice(i, i + minLength)) ?? []) {
        if (!text.startsWith(needle.text, i)) continue
        if (needle.isWholeWord && (isSqueezed || !isWholeWordAt(text, i, needle.text.length))) continue
        found.add(needle)
      }
    }
  }
  return {
    find(text) {
      const found = new Set<Needle>()
      if (text.length < minLength || byStart.size === 0) return []
      search(text, found, false)
      const squeezed = squeeze(text)
      if (squeezed.length !== text.length) search(squeezed, found, true)
      return [...found]
    },
  }
}

const tableSize = 1 << 16

function hashAt(text: string, i: number): number {
  const low = text.charCodeAt(i) | (text.charCodeAt(i + 1) << 8)
  const high = text.charCodeAt(i + 2) | (text.charCodeAt(i + 3) << 8)
  return (Math.imul(low, 0x9e3b) ^ Math.imul(high, 0x85eb) ^ (high >> 5)) & (tableSize - 1)
}

function isWholeWordAt(text: string, from: number, length: number): boolean {
  const isInside = (at: number): boolean => at >= 0 && at < text.length && /[A-Za-z0-9]/.test(text[at] as string)
  return !isInside(from - 1) && !isInside(from + length)
}
