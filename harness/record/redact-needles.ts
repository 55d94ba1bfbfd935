import { joined } from './redact-views.ts'

export interface KnownSecret {
  /** What stands in the place of the value: `shop/db password`. */
  name: string
  value: string | Uint8Array
}

/** One way in which a secret may be written. */
interface Form {
  name: string
  text: string
  /** Characters of a part that gives the secret away, where parts do. */
  partial: number | undefined
  /** The secret itself, and how many characters of the form each of its characters takes. */
  plain: string
  charsPerByte: number
}

export interface Match {
  name: string
  start: number
  end: number
}

/** Finds known secrets in texts, whole or in telling parts, as they are, in base64 at every alignment, and in hex. */
export class Needles {
  readonly #seeds = new Map<string, { form: Form; offset: number }[]>()
  readonly #filter = new Uint8Array(filterSize)
  readonly #known = new Set<string>()

  get isEmpty(): boolean {
    return this.#seeds.size === 0
  }

  add(name: string, bytes: Uint8Array): void {
    for (const form of formsOf(name, Buffer.from(bytes))) {
      if (form.text.length < seedLength || this.#known.has(form.text)) continue
      this.#known.add(form.text)
      const step = form.partial === undefined ? form.text.length : form.partial - seedLength + 1
      for (let offset = 0; offset + seedLength <= form.text.length; offset += step) this.#addSeed(form, offset)
    }
  }

  /** Every place where a secret is, in the order of their starts. */
  find(text: string): Match[] {
    const matches: Match[] = []
    if (this.isEmpty || text.length < seedLength) return matches
    let hash = 0
    for (let i = 0; i < seedLength - 1; i++) hash = Math.imul(hash, base) + text.charCodeAt(i)
    let skipTo = 0
    for (let i = seedLength - 1; i < text.length; i++) {
      hash = Math.imul(hash, base) + text.charCodeAt(i)
      const start = i - seedLength + 1
      if (start >= skipTo && this.#filter[hash & (filterSize - 1)] === 1) {
        const match = this.#matchAt(text, start)
        if (match) {
          matches.push(match)
          skipTo = match.end
        }
      }
      hash -= Math.imul(text.charCodeAt(start), basePower)
    }
    return matches
  }

  #addSeed(form: Form, offset: number): void {
    const seed = form.text.slice(offset, offset + seedLength)
    this.#seeds.set(seed, [...(this.#seeds.get(seed) ?? []), { form, offset }])
    let hash = 0
    for (let i = 0; i < seedLength; i++) hash = Math.imul(hash, base) + seed.charCodeAt(i)
    this.#filter[hash & (filterSize - 1)] = 1
  }

  /** The longest match through a seed at this place. */
  #matchAt(text: string, place: number): Match | undefined {
    let best: Match | undefined
    for (const { form, offset } of this.#seeds.get(text.slice(place, place + seedLength)) ?? []) {
      let before = 0
      while (before < offset && text[place - before - 1] === form.text[offset - before - 1]) before++
      let after = seedLength
      while (offset + after < form.text.length && text[place + after] === form.text[offset + after]) after++
      const length = before + after
      const isWhole = length === form.text.length
      const isTelling = form.partial !== undefined && length >= form.partial
      if (!isWhole && !(isTelling && looksRandom(plainPart(form, offset - before, length)))) continue
      if (!best || length > best.end - best.start) best = { name: form.name, start: place - before, end: place + after }
    }
    return best
  }
}

/** Whether a text is more likely a credential than words: letters and digits, no blanks, few repetitions. */
export function looksRandom(text: string): boolean {
  if (text.length < 12 || /\s/.test(text) || !/\d/.test(text) || !/[A-Za-z]/.test(text)) return false
  return entropy(text) >= 3
}

const seedLength = 6
const base = 0x01000193
const basePower = power(base, seedLength - 1)
const filterSize = 1 << 16
/** A part of a secret of this many bytes is enough to be taken out. */
const tellingBytes = 16

function power(of: number, exponent: number): number {
  return Array.from({ length: exponent }).reduce<number>((product) => Math.imul(product, of), 1)
}

function formsOf(name: string, bytes: Buffer): Form[] {
  const isLong = bytes.length > tellingBytes && new Set(bytes).size > 8
  const form = (text: string, charsPerByte: number): Form => ({
    name,
    text,
    partial: isLong ? Math.ceil(tellingBytes * charsPerByte) : undefined,
    plain: bytes.toString('latin1'),
    charsPerByte,
  })
  const texts = [...new Set([bytes.toString('utf8'), bytes.toString('latin1')])].filter((t) => !t.includes('\ufffd'))
  const raw = texts.flatMap((text) => [form(text, 1), ...(joined(text) === text ? [] : [form(joined(text), 1)])])
  const hex = bytes.toString('hex')
  const base64 = base64Cores(bytes).map((core) => form(core, 4 / 3))
  const twice = base64Cores(Buffer.from(bytes.toString('base64'))).map((core) => form(core, 16 / 9))
  return [...raw, form(hex, 2), form(hex.toUpperCase(), 2), ...base64, ...twice]
}

/** What part of the secret a part of the form gives away. */
function plainPart({ plain, charsPerByte }: Form, offset: number, length: number): string {
  return plain.slice(Math.floor(offset / charsPerByte), Math.ceil((offset + length) / charsPerByte))
}

/** How the bytes look in base64, of both alphabets, wherever in a longer value they begin. */
function base64Cores(bytes: Buffer): string[] {
  const cores = [0, 1, 2].map((alignment) => base64Core(bytes, alignment))
  return [...new Set(cores.flatMap((core) => [core, core.replaceAll('+', '-').replaceAll('/', '_')]))]
}

/** The characters that the bytes alone decide when they begin at a place of this remainder by three. */
function base64Core(bytes: Buffer, alignment: number): string {
  const text = Buffer.concat([Buffer.alloc(alignment), bytes]).toString('base64')
  return text.slice(Math.ceil((alignment * 8) / 6), Math.floor(((alignment + bytes.length) * 8) / 6))
}

/** Bits a character. */
function entropy(text: string): number {
  const counts = new Map<string, number>()
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1)
  return [...counts.values()].reduce((sum, n) => sum - (n / text.length) * Math.log2(n / text.length), 0)
}
