import { findGenerated, replaceGenerated, type Generated } from './generated-names.ts'

/** What names of a recording are called on another cluster, learned from what the same call says on both. */
export class NameMapping {
  /** By the recorded text. `isSure` when two lines that say the same have it in the same place. */
  readonly #known = new Map<string, { text: string; isSure: boolean }>()
  readonly #taken = new Set<string>()
  readonly #recorded = new Map<string, Generated>()

  /** Compares what a call answered in the recording with what it answers now. */
  learn(recorded: string, now: string): void {
    const before = findGenerated(recorded)
    for (const one of before) this.#recorded.set(one.text, one)
    const after = new Set(findGenerated(now).map(({ text }) => text))
    for (const { text } of before) if (after.has(text)) this.#bind(text, text, true)
    this.#learnFromLines(recorded, now)
    this.#learnFromOrder(before, findGenerated(now))
  }

  /** An argument as it is to be said now, and which of its names have no counterpart. */
  translate<T>(value: T): { value: T; unmapped: string[] } {
    const unmapped = new Set<string>()
    const translated = mapStrings(value, (text) =>
      replaceGenerated(text, (found) => {
        const known = this.#known.get(found.text)
        if (known) return known.text
        if (this.#recorded.has(found.text)) unmapped.add(found.text)
        return found.text
      }),
    )
    return { value: translated as T, unmapped: [...unmapped] }
  }

  /** Recorded names that are called otherwise now. */
  get changed(): Record<string, string> {
    const pairs = [...this.#known].map(([recorded, { text }]) => [recorded, text] as const)
    return Object.fromEntries(pairs.filter(([recorded, text]) => recorded !== text))
  }

  /** Lines that differ in generated pieces, numbers and blanks only are the same line of both answers. */
  #learnFromLines(recorded: string, now: string): void {
    const lines = new Map<string, Generated[][]>()
    for (const line of now.split('\n')) {
      const found = findGenerated(line)
      if (found.every(({ text }) => this.#isTaken(text))) continue
      const shape = shapeOf(line)
      lines.set(shape, [...(lines.get(shape) ?? []), found])
    }
    for (const line of recorded.split('\n')) {
      const found = findGenerated(line)
      if (found.every(({ text }) => this.#known.get(text)?.isSure)) continue
      const same = lines.get(shapeOf(line))?.shift()
      for (const [i, { text }] of found.entries()) if (same?.[i]) this.#bind(text, same[i].text, true)
    }
  }

  /** What is left of each workload, first for first. */
  #learnFromOrder(before: Generated[], after: Generated[]): void {
    for (const { text, group } of before) {
      if (this.#known.has(text) || !/ of /.test(group)) continue
      const free = after.find((one) => one.group === group && !this.#isTaken(one.text))
      if (free) this.#bind(text, free.text, false)
    }
  }

  #bind(recorded: string, now: string, isSure: boolean): void {
    const known = this.#known.get(recorded)
    const isVersion = now.includes('resourceVersion')
    if (known && (known.isSure || !isSure) && !isVersion) return
    if (recorded !== now && this.#isTaken(now) && !isVersion) return
    if (known) this.#taken.delete(known.text)
    this.#known.set(recorded, { text: now, isSure })
    this.#taken.add(now)
  }

  #isTaken(now: string): boolean {
    return this.#taken.has(now)
  }
}

function shapeOf(line: string): string {
  return replaceGenerated(line, ({ group }) => `<${group}>`)
    .replaceAll(/\b(?:\d+[smhd])+\b/g, '#')
    .replaceAll(/\d+/g, '#')
    .replaceAll(/\s+/g, ' ')
    .trim()
}

function mapStrings(value: unknown, replace: (text: string) => string): unknown {
  if (typeof value === 'string') return replace(value)
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, replace))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapStrings(item, replace)]))
}
