/** A text seen another way (decoded, without blanks), which knows where in the source each of its characters comes from. */
export class View {
  readonly text: string
  readonly #made: { from: View; pattern: RegExp; replace: (match: string) => string } | undefined
  #places: Places | undefined

  constructor(text: string, made?: { from: View; pattern: RegExp; replace: (match: string) => string }) {
    this.text = text
    this.#made = made
  }

  /** The same text with all matches replaced. */
  replaced(pattern: RegExp, replace: (match: string) => string): View {
    return new View(this.text.replace(pattern, replace), { from: this, pattern, replace })
  }

  /** The part of the source that a part of this text comes from. Worked out on the first call: most views find nothing. */
  sourceRange(start: number, end: number): { start: number; end: number } {
    if (!this.#made) return { start, end }
    this.#places ??= findPlaces(this.#made.from, this.#made.pattern, this.#made.replace)
    return { start: this.#places.start[start] ?? 0, end: this.#places.end[end - 1] ?? 0 }
  }
}

/**
 * The source, and the source decoded: each of JSON and C escapes, URL encoding and HTML references on its own, then all
 * of them together, once, twice, up to four times.
 */
export function decodedViews(text: string): View[] {
  const views = [new View(text)]
  const source = views[0] as View
  const kinds = [escapes, percents, references].filter((kind) => kind.test(text))
  if (kinds.length > 1) views.push(...kinds.map((kind) => source.replaced(kind.all, decodeMatch)))
  for (let last = source, times = 0; times < 4; times++) {
    if (![escapes, percents, references].some((kind) => kind.test(last.text))) break
    last = last.replaced(anyEncoded, decodeMatch)
    views.push(last)
  }
  return views
}

/** The view without what people and programs put between the parts of a broken line: blanks, quotes, backslashes. */
export function withoutBreaks(view: View): View | undefined {
  return breaks.test(view.text) ? view.replaced(allBreaks, () => '') : undefined
}

/** The view with the separators of a hex dump taken out: `de:ad be-ef 0xde, 0xad`. */
export function withoutHexSeparators(view: View): View | undefined {
  return hexPairs.test(view.text) ? view.replaced(/\\x|(?<![0-9a-f])0x|[\s:,\\-]+/gi, () => '') : undefined
}

/** What `withoutBreaks` makes of a text. */
export function joined(text: string): string {
  return text.replaceAll(allBreaks, '')
}

interface Places {
  start: Uint32Array
  end: Uint32Array
}

/** One way of encoding: whether a text has it, and all of it. */
interface Encoding {
  all: RegExp
  test: (text: string) => boolean
}

const escapes: Encoding = {
  all: /(?:\\x[0-9a-fA-F]{2})+|(?:\\[0-3][0-7]{2})+|\\u\{[0-9a-fA-F]{1,6}\}|\\u[0-9a-fA-F]{4}|\\[^xu]/g,
  test: (text) => text.includes('\\'),
}
const percents: Encoding = { all: /(?:%[0-9a-fA-F]{2})+/g, test: (text) => /%[0-9a-fA-F]{2}/.test(text) }
const references: Encoding = {
  all: /&#[xX][0-9a-fA-F]{1,6};|&#\d{1,7};|&(?:amp|lt|gt|quot|apos|nbsp|plus|sol|equals|colon);/g,
  test: (text) => /&(?:#\d|#[xX]|[a-z]{2,6};)/.test(text),
}
const anyEncoded = new RegExp([escapes, percents, references].map((kind) => kind.all.source).join('|'), 'g')

const breaks = /[\s\\"'`\u200b\ufeff]/
const allBreaks = /[\s\\"'`\u200b\ufeff]+/g
const hexPairs = /(?:(?:(?<![0-9a-z])(?:0x)?|\\x)[0-9a-f]{2,8}[\s:,\\-]+){3}/i

function decodeMatch(match: string): string {
  if (match.startsWith('%')) return decodeBytes(match.slice(1).split('%'), 16)
  if (match.startsWith('\\x')) return decodeBytes(match.slice(2).split('\\x'), 16)
  if (/^\\[0-3][0-7]{2}/.test(match)) return decodeBytes(match.slice(1).split('\\'), 8)
  if (match.startsWith('\\u')) return codePoint(parseInt(match.replaceAll(/[\\u{}]/g, ''), 16))
  if (match.startsWith('\\')) return shortEscapes[match[1] ?? ''] ?? match.slice(1)
  if (/^&#x/i.test(match)) return codePoint(parseInt(match.slice(3), 16))
  if (match.startsWith('&#')) return codePoint(Number(match.slice(2, -1)))
  return entities[match.slice(1, -1)] ?? match
}

const shortEscapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }
const entities: Record<string, string> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  plus: '+',
  sol: '/',
  equals: '=',
  colon: ':',
}

function codePoint(code: number): string {
  return code <= 0x10ffff ? String.fromCodePoint(code) : ''
}

function decodeBytes(digits: string[], radix: number): string {
  return Buffer.from(digits.map((d) => parseInt(d, radix))).toString('utf8')
}

/** Does the replacing again and keeps track of where every character comes from; all of a replacement comes from all of its match. */
function findPlaces(from: View, pattern: RegExp, replace: (match: string) => string): Places {
  const starts: number[] = []
  const ends: number[] = []
  const add = (start: number, end: number): void => {
    const source = from.sourceRange(start, end)
    starts.push(source.start)
    ends.push(source.end)
  }
  let done = 0
  for (const { 0: match, index } of from.text.matchAll(pattern)) {
    for (; done < index; done++) add(done, done + 1)
    done = index + match.length
    const text = replace(match)
    const width = match.length / text.length
    const isCharByChar = Number.isInteger(width) && /^[\x20-\x7e]{2,}$/.test(text)
    for (let i = 0; i < text.length; i++)
      if (isCharByChar) add(index + i * width, index + (i + 1) * width)
      else add(index, done)
  }
  for (; done < from.text.length; done++) add(done, done + 1)
  return { start: Uint32Array.from(starts), end: Uint32Array.from(ends) }
}
