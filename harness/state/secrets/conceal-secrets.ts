import { printId } from '../cluster-state.ts'
import type { StateIndex } from '../state-index.ts'
import { minLength, needlesOf, type Needle } from './needles.ts'
import { protectedValues } from './protected-values.ts'

/** Takes the values of Secrets out of what people are told, however they are written there. */
export interface Concealer {
  text: (text: string) => string
  /** The same for every text inside of a value. */
  value: <T>(value: T) => T
}

export function concealSecrets(...states: StateIndex[]): Concealer {
  const byStart = new Map<string, Needle[]>()
  // the longest first: a line of a value is part of the whole one
  const needles = protectedValues(...states).flatMap(needlesOf)
  for (const needle of needles.toSorted((a, b) => b.text.length - a.text.length)) {
    const start = needle.text.slice(0, minLength)
    byStart.set(start, [...(byStart.get(start) ?? []), needle])
  }
  const conceal = (text: string): string => {
    if (byStart.size === 0) return text
    let told = ''
    let from = 0
    for (let i = 0; i + minLength <= text.length; i++) {
      const found = byStart
        .get(text.slice(i, i + minLength))
        ?.map((needle) => ({ needle, length: lengthAt(text, i, needle) }))
        .find(({ length }) => length > 0)
      if (!found) continue
      const { secret, key } = found.needle.value
      told += `${text.slice(from, i)}<${key} of ${printId(secret)}>`
      from = i + found.length
      i = from - 1
    }
    return told + text.slice(from)
  }
  const value = (one: unknown): unknown => {
    if (typeof one === 'string') return conceal(one)
    if (Array.isArray(one)) return one.map(value)
    if (typeof one !== 'object' || one === null) return one
    return Object.fromEntries(Object.entries(one).map(([key, inner]) => [key, value(inner)]))
  }
  return { text: conceal, value: (one) => value(one) as typeof one }
}

/** How much of a text from here on is a needle: all of it, or its beginning where the sentence was cut short. */
function lengthAt(text: string, at: number, { text: needle, isWholeWord }: Needle): number {
  if (text.startsWith(needle, at)) return isWholeWord && isInsideWord(text, at, needle.length) ? 0 : needle.length
  let length = minLength
  while (text[at + length] !== undefined && text[at + length] === needle[length]) length++
  return /^(?:\.\.\.|…|$)/.test(text.slice(at + length)) ? length : 0
}

function isInsideWord(text: string, at: number, length: number): boolean {
  return /[A-Za-z0-9]/.test(`${text[at - 1] ?? ''}${text[at + length] ?? ''}`)
}
