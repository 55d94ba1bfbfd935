import { constants, inflateRawSync } from 'node:zlib'
import { Needles, type KnownSecret, type Match } from './redact-needles.ts'
import { builtInPatterns, matchPatterns, type CredentialPattern } from './redact-patterns.ts'
import { decodedViews, withoutBreaks, withoutHexSeparators } from './redact-views.ts'

export interface RedactorOptions {
  secrets?: Iterable<KnownSecret>
  /** The user's own; see `parsePatterns`. */
  patterns?: readonly CredentialPattern[]
  /** Whether what merely looks like a credential goes, too (default). */
  builtIn?: boolean
}

/** Where something was taken out, and what it was called; never what it was. */
export interface Redaction {
  where: string
  name: string
  count: number
}

export interface RedactionReport {
  total: number
  redactions: Redaction[]
  /** Values that were asked for and are too ordinary to be taken out of every text. */
  skipped: { name: string; because: string }[]
}

/**
 * Takes secrets out of texts: known ones in every encoding we know (as they are, base64 at any alignment and inside other
 * encodings, hex, URL, JSON and HTML escapes, broken into lines, telling parts of long ones), and whatever looks like a
 * credential. What was redacted once stays as it is.
 */
export class Redactor {
  readonly #needles = new Needles()
  readonly #patterns: readonly CredentialPattern[]
  readonly #redactions = new Map<string, Redaction>()
  readonly #skipped = new Map<string, string>()
  readonly #runs = new Map<string, string>()
  #total = 0

  constructor(options: RedactorOptions = {}) {
    this.#patterns = [...(options.patterns ?? []), ...(options.builtIn === false ? [] : builtInPatterns)]
    for (const secret of options.secrets ?? []) this.add(secret)
  }

  /** From now on this value goes, too. */
  add({ name, value }: KnownSecret): void {
    const bytes = Buffer.from(value as string)
    const because = whyOrdinary(name, bytes.toString('latin1'))
    this.#runs.clear()
    if (because === undefined) this.#needles.add(name, bytes)
    else this.#skipped.set(name, because)
  }

  /** The text without its secrets. */
  text(text: string, where = 'text'): string {
    return this.replace(text, this.ranges(text), where)
  }

  /** The text with some of its ranges taken out. */
  replace(text: string, ranges: readonly Match[], where: string): string {
    if (ranges.length === 0) return text
    const parts: string[] = []
    let done = 0
    for (const { name, start, end } of ranges) {
      parts.push(text.slice(done, start), markOf(name))
      done = end
      this.#count(where, name)
    }
    return parts.join('') + text.slice(done)
  }

  /** The same for every text, key and number in a JSON value. */
  value<T>(value: T, where = ''): T {
    return this.#anyValue(value, where) as T
  }

  /** What would be taken out of a text, in order and without overlaps. */
  ranges(text: string): Match[] {
    return merge(this.#find(text, 3))
  }

  get report(): RedactionReport {
    return {
      total: this.#total,
      redactions: [...this.#redactions.values()],
      skipped: [...this.#skipped].map(([name, because]) => ({ name, because })),
    }
  }

  /** What was taken out since the last time. */
  takeReport(): RedactionReport {
    const { report } = this
    this.#total = 0
    this.#redactions.clear()
    return report
  }

  /** Reports what another redactor took out, too. */
  absorb({ redactions, skipped, total }: RedactionReport): void {
    for (const { where, name, count } of redactions) this.#count(where, name, count)
    // those that the other report had no room for
    this.#total += total - redactions.reduce((sum, { count }) => sum + count, 0)
    for (const { name, because } of skipped) this.#skipped.set(name, because)
  }

  #anyValue(value: unknown, where: string): unknown {
    if (typeof value === 'string') return this.text(value, where)
    if (typeof value === 'number' || typeof value === 'bigint') {
      const text = String(value)
      const redacted = text.length < 6 ? text : this.text(text, where)
      return redacted === text ? value : redacted
    }
    if (Array.isArray(value)) return value.map((item, i) => this.#anyValue(item, `${where}[${i}]`))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => {
        const place = where === '' ? key : `${where}.${key}`
        return [this.text(key, where), this.#anyField(key, item, place)]
      }),
    )
  }

  /** A value under a telling key is judged with its key, as it would be in a text. */
  #anyField(key: string, item: unknown, place: string): unknown {
    if (typeof item !== 'string' || !tellingKey.test(key)) return this.#anyValue(item, place)
    const line = `${key}: ${item}`
    const [range] = merge(matchPatterns(line, this.#patterns))
    const isAll = range !== undefined && range.start <= key.length + 2 && range.end === line.length
    if (!isAll) return this.text(item, place)
    this.#count(place, range.name)
    return markOf(range.name)
  }

  #find(text: string, depth: number): Match[] {
    if (text.length < 6) return []
    const views = decodedViews(text)
    return views.flatMap((view) => {
      const source = ({ name, start, end }: Match): Match => ({ name, ...view.sourceRange(start, end) })
      const found = [...this.#needles.find(view.text), ...matchPatterns(view.text, this.#patterns)].map((match) =>
        source(withPadding(view.text, match)),
      )
      if (this.#needles.isEmpty) return found
      for (const other of [withoutBreaks(view), withoutHexSeparators(view)])
        if (other)
          for (const match of this.#needles.find(other.text))
            found.push({ name: match.name, ...other.sourceRange(match.start, match.end) })
      if (depth > 0) found.push(...this.#findInside(view.text, depth).map(source))
      return found
    })
  }

  /** Runs of base64 and hex that hold a secret once they are decoded: all of the run goes. */
  #findInside(text: string, depth: number): Match[] {
    return [...text.matchAll(encodedRun)].flatMap((match) => {
      const name = this.#nameInside(match[0], depth)
      return name === undefined ? [] : [{ name, start: match.index, end: match.index + match[0].length }]
    })
  }

  /** The same paths and identifiers come again and again; what is in them is found out once. */
  #nameInside(run: string, depth: number): string | undefined {
    const find = (): string | undefined => decodings(run).flatMap((inner) => this.#find(inner, depth - 1))[0]?.name
    if (run.length > 200) return find()
    const known = this.#runs.get(`${depth}${run}`)
    if (known !== undefined) return known === '' ? undefined : known
    const name = find()
    if (this.#runs.size > 50_000) this.#runs.clear()
    this.#runs.set(`${depth}${run}`, name ?? '')
    return name
  }

  #count(where: string, name: string, count = 1): void {
    this.#total += count
    const key = `${where}\n${name}`
    const known = this.#redactions.get(key)
    if (known) known.count += count
    else if (this.#redactions.size < 10_000) this.#redactions.set(key, { where, name, count })
  }
}

/** What in a text still looks like a credential: for the last check before anything is published. */
export function findCredentials(text: string): Match[] {
  return merge(
    decodedViews(text).flatMap((view) =>
      matchPatterns(view.text, builtInPatterns).map(({ name, start, end }) => ({
        name,
        ...view.sourceRange(start, end),
      })),
    ),
  )
}

const tellingKey = /password|passwd|passphrase|secret|token|key|credential|authorization|cookie|-data$/i

const encodedRun =
  /(?<![A-Za-z0-9+/_-])[A-Za-z0-9+/_-]{24,}(?:\s+[A-Za-z0-9+/_-]{16,})*(?:\s+[A-Za-z0-9+/_-]+={1,2})?={0,2}/g

function markOf(name: string): string {
  return `[redacted:${name.replaceAll(/[^\w./ -]/g, '-')}]`
}

/** What a run may be once decoded: all of it or one of its words, beginning anywhere in a longer word. */
function decodings(run: string): string[] {
  const words = run.split(/\s+/)
  const parts = words.length === 1 ? words : [words.join(''), ...words.filter((word) => word.length >= 24)]
  return parts.flatMap((part) => {
    const starts = part.length > 4096 ? [0] : [0, 1, 2, 3]
    const decoded = starts.map((start) => readable(Buffer.from(part.slice(start), 'base64')))
    if (/^[0-9a-f]+$/i.test(part)) decoded.push(readable(Buffer.from(part, 'hex')))
    return decoded.flatMap((inner) => inner ?? [])
  })
}

/** The text in some bytes, unpacked where they are packed; undefined for what is no text. */
function readable(bytes: Buffer): string | undefined {
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) return unpacked(bytes)
  const text = bytes.toString('latin1')
  const strange = text.slice(0, 2000).replaceAll(/[\x20-\x7e\s]/g, '').length
  return strange > Math.min(text.length, 2000) * 0.3 ? undefined : text
}

/** What was cut off, or runs on into other text, is unpacked as far as it goes. */
function unpacked(bytes: Buffer): string | undefined {
  const flags = bytes[3] ?? 0
  const hasName = (flags & 0x08) !== 0
  const start = hasName ? bytes.indexOf(0, 10) + 1 : 10
  try {
    return inflateRawSync(bytes.subarray(start), inflateOptions).toString('utf8')
  } catch {
    return undefined
  }
}

const inflateOptions = { maxOutputLength: 8 * 1024 * 1024, finishFlush: constants.Z_SYNC_FLUSH }

/** The end of a base64 word goes with it. */
function withPadding(text: string, match: Match): Match {
  padding.lastIndex = match.end
  return { ...match, end: match.end + (padding.exec(text)?.[0].length ?? 0) }
}

const padding = /[A-Za-z0-9+/_-]{0,2}={1,2}(?![^\s"'\\,;)}\]])/y

function merge(matches: Match[]): Match[] {
  const merged: Match[] = []
  for (const match of matches.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    const last = merged.at(-1)
    if (last && match.start < last.end) last.end = Math.max(last.end, match.end)
    else merged.push({ ...match })
  }
  return merged
}

/** Why a value stays: taken out, it would take half of every text along. A name that says secret outweighs that. */
function whyOrdinary(name: string, value: string): string | undefined {
  if (value.length < 4) return 'shorter than 4 characters'
  if (value.length < 6) return 'shorter than 6 characters'
  if (/pass|token|key|secret|auth|credential|private/i.test(name.split(' ').at(-1) ?? '')) return undefined
  if (/^[a-z]{1,9}$/i.test(value)) return 'a single ordinary word'
  if (/^(?:true|false|\d{1,5})$/.test(value)) return 'an ordinary value'
  return undefined
}
