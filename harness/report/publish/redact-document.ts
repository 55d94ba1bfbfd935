import type { Redactor } from '../../record/redact.ts'

/** What still looks like a credential where nothing of the kind may be: the publication is refused. */
export interface Leftover {
  where: string
  name: string
}

/**
 * Takes everything secret out of a document, and looks at the result again as it will stand in the file. A document with
 * nothing to take out, which most are, is looked at once.
 */
export function redactDocument<T>(
  document: T,
  where: string,
  redactor: Redactor,
): { document: T; leftovers: Leftover[] } {
  const text = JSON.stringify(document)
  if (text === undefined || redactor.ranges(text).length === 0) return { document, leftovers: [] }
  const redacted = redactor.value(document, where)
  const leftovers = redactor.ranges(JSON.stringify(redacted)).map(({ name }) => ({ where, name }))
  return { document: redacted, leftovers }
}
