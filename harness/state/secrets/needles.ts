import type { ProtectedValue } from './protected-values.ts'

/** One way in which a Secret's value may be written somewhere. */
export interface Needle {
  value: ProtectedValue
  text: string
  /** In words: `base64`, `a line of it`. */
  form: string
  /** Whether it is too short to mean anything inside of a longer word. */
  isWholeWord: boolean
}

/** Every spelling of a value that is looked for: raw, escaped, base64 at any offset, twice base64, hex, URL-encoded, line by line. */
export function needlesOf(value: ProtectedValue): Needle[] {
  const forms = new Map<string, string>()
  const add = (form: string, text: string): void => {
    if (text.length >= minLength && !forms.has(text)) forms.set(text, form)
  }
  for (const { bytes, name } of piecesOf(value.bytes)) {
    const text = bytes.toString('utf8')
    const isText = Buffer.from(text).equals(bytes)
    if (isText) {
      add(name, text)
      add(`${name}, without white space`, squeeze(text))
      add(`${name}, escaped`, JSON.stringify(text).slice(1, -1))
      add(`${name}, escaped`, JSON.stringify(JSON.stringify(text).slice(1, -1)).slice(1, -1))
      add(`${name}, URL-encoded`, encodeURIComponent(text))
    }
    const hex = bytes.toString('hex')
    add(`${name}, hex`, hex)
    add(`${name}, hex`, hex.toUpperCase())
    for (const encoded of base64Forms(bytes)) add(`${name}, base64`, encoded)
    for (const encoded of base64Forms(Buffer.from(bytes.toString('base64')))) add(`${name}, base64 of base64`, encoded)
  }
  return [...forms].map(([text, form]) => ({ value, text, form, isWholeWord: text.length < 10 }))
}

/** Text without white space, quotes and the escapes of line ends: what is split over lines is whole again. */
export function squeeze(text: string): string {
  return text.replace(/\\[nrt]|[\s"'\\]+/g, '')
}

export const minLength = 6

const longLength = 256
const windowLength = 96

/** The value without white space around it; of a long one its lines, beginning, middle and end. */
function piecesOf(bytes: Buffer): { bytes: Buffer; name: string }[] {
  const text = bytes.toString('utf8')
  const whole = Buffer.from(text).equals(bytes) ? Buffer.from(text.trim()) : bytes
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line.length >= 16 && !line.startsWith('-----'))
  const ofLines = lines.length > 1 ? lines.map((line) => ({ bytes: Buffer.from(line), name: 'a line of it' })) : []
  if (whole.length <= longLength) return [{ bytes: whole, name: 'as it is' }, ...ofLines]
  const starts = lines.length > 1 ? [] : [0, Math.floor((whole.length - windowLength) / 2), whole.length - windowLength]
  return [
    ...starts.map((start) => ({ bytes: whole.subarray(start, start + windowLength), name: 'a part of it' })),
    ...ofLines,
  ]
}

/** The characters that base64 of anything with these bytes inside must contain, for each of the three offsets. */
function base64Forms(bytes: Buffer): string[] {
  const forms = [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), bytes]).toString('base64')
    const certain = encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + bytes.length) * 8) / 6))
    return certain.length >= 8 ? [certain] : []
  })
  const forUrls = forms.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))
  return [...new Set([...forms, ...forUrls])]
}
