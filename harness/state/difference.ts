import type { Author } from './author.ts'
import { printId, type ObjectId } from './cluster-state.ts'

/** One thing that is not as it was. */
export interface Difference {
  object: ObjectId
  /** Where in the object; empty when the object itself was added or removed, `metadata.uid` when it was recreated. */
  path: string
  kind: 'added' | 'removed' | 'changed' | 'recreated'
  /** What was there, in normal form; absent when nothing was. */
  before?: unknown
  /** What is there now, in normal form; absent when nothing is. */
  after?: unknown
  /** Who did it, when the audit log tells. */
  by?: Author
}

/** A difference in one line: `deployment/web -n shop: spec.replicas changed from 2 to 0`. */
export function printDifference(difference: Difference): string {
  const object = printId(difference.object)
  const { path, kind } = difference
  if (path === '') return `${object} was ${kind}`
  if (kind === 'recreated') return `${object} was deleted and created again`
  // what stood there is nobody's business, and what stands there now may be the same in other words
  if (difference.object.kind === 'Secret' && /^(?:data|stringData)\b/.test(path))
    return `${object}: ${path} was ${kind}`
  if (kind === 'added') return `${object}: ${path} was added: ${inShort(difference.after)}`
  if (kind === 'removed') return `${object}: ${path} was removed, it was ${inShort(difference.before)}`
  return `${object}: ${path} changed from ${inShort(difference.before)} to ${inShort(difference.after)}`
}

function inShort(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 120 ? `${text.slice(0, 117)}...` : text
}
