import type { Redactor } from '../../record/redact.ts'

/** What still looks like a credential where nothing of the kind may be: the publication is refused. */
export interface Leftover {
  where: string
  name: string
}

/**
 * Takes everything secret out of a document, and looks at the result again. A document with
 * nothing to take out, which most are, is looked at once.
 */
export function redactDocument<T>(
  document: T,
  where: string,
  redactor: Redactor,
): { document: T; leftovers: Leftover[] } {
  if (redactor.ranges(plainText(document)).length === 0) return { document, leftovers: [] }
  const redacted = redactor.value(document, where)
  const leftovers = redactor.ranges(plainText(redacted)).map(({ name }) => ({ where, name }))
  return { document: redacted, leftovers }
}

/** A document's texts as JSON has them, without what JSON escapes: the redactor undoes any further escapes itself. */
function plainText(document: unknown): string {
  const parts: string[] = []
  const add = (value: unknown): void => {
    if (typeof value === 'string') parts.push('"', value, '",\n')
    else if (Array.isArray(value)) for (const item of value) add(item)
    else if (typeof value === 'object' && value !== null)
      for (const [key, item] of Object.entries(value)) {
        if (item === undefined) continue
        parts.push('"', key, '":')
        add(item)
      }
    else parts.push(String(value), ',\n')
  }
  add(document)
  return parts.join('')
}
