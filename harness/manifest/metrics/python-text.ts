/** Text the way Python sees it, where that differs from JavaScript: the published metrics are defined by what Python does. */

const space = '\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const separators = '\\x1c-\\x1e\\x85\\u2028\\u2029'
const lineEnd = new RegExp(`\\r\\n|[\\n\\v\\f\\r${separators}]`)
const outerSpace = new RegExp(`^[${space}]+|[${space}]+$`, 'g')
const innerSpace = new RegExp(`[${space}]+`)

/** `str.strip()` */
export function strip(text: string): string {
  return text.replace(outerSpace, '')
}

/** `str.rstrip()` */
export function stripEnd(text: string): string {
  const last = text.match(new RegExp(`[${space}]+$`))
  return last ? text.slice(0, last.index) : text
}

/** `str.split()` */
export function splitWords(text: string): string[] {
  const inner = strip(text)
  return inner === '' ? [] : inner.split(innerSpace)
}

/** `str.splitlines()` */
export function splitLines(text: string): string[] {
  const lines = text.split(lineEnd)
  if (lines.at(-1) === '') lines.pop()
  return lines
}
