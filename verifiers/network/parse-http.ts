/** What was answered to an HTTP request. */
export interface HttpAnswer {
  status: number
  /** Names in lower case. */
  headers: Record<string, string>
  /** Undefined when the program that asked does not show it. */
  body: string | undefined
}

/** Reads a response as it comes over the wire, with interim responses before it. */
export function parseHttp(text: string): HttpAnswer | undefined {
  const found = /^HTTP\/[\d.]+ (\d{3})[^\n]*\n/.exec(text)
  if (!found) return undefined
  const end = /\r?\n\r?\n/.exec(text)
  const head = text.slice(found[0].length, end ? end.index : text.length)
  const rest = end ? text.slice(end.index + end[0].length) : ''
  const status = Number(found[1])
  if (status < 200 && rest.startsWith('HTTP/')) return parseHttp(rest)
  const headers = Object.fromEntries(
    head.split(/\r?\n/).flatMap((line): [string, string][] => {
      const colon = line.indexOf(':')
      return colon > 0 ? [[line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]] : []
    }),
  )
  return { status, headers, body: /chunked/i.test(headers['transfer-encoding'] ?? '') ? joinChunks(rest) : rest }
}

/** Whoever asks without decoding sees chunks; a text that is none stays as it is. */
function joinChunks(text: string): string {
  let body = ''
  let at = 0
  for (;;) {
    const size = /^([0-9a-f]+)[^\r\n]*\r?\n/i.exec(text.slice(at))
    if (!size) return at === 0 ? text : body
    const length = Number.parseInt(size[1] ?? '', 16)
    if (length === 0) return body
    at += size[0].length
    body += text.slice(at, at + length)
    at += length
    at += /^\r?\n/.exec(text.slice(at))?.[0].length ?? 0
  }
}
