import { isMap, isNode, isPair, LineCounter, parseDocument, type Document } from 'yaml'
import { messageOf } from '../base/errors.ts'

/** A YAML document that still knows on which line each of its values stands. */
export interface PlacedYaml {
  value: unknown
  /** The line of the value at a path, or of its nearest parent that is there. */
  lineOf(path: readonly (string | number)[]): number
}

/** What is wrong with a file, at its line. */
export interface LineProblem {
  line?: number
  message: string
}

/** Reads one YAML document, merge keys and anchors included. */
export function readPlacedYaml(text: string): { yaml: PlacedYaml } | { problems: LineProblem[] } {
  const lines = new LineCounter()
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: true, merge: true })
    const problems = document.errors.map(({ pos, message }) => ({
      line: lines.linePos(pos[0]).line,
      message: `not YAML: ${message.split('\n')[0] ?? message}`,
    }))
    if (problems.length > 0) return { problems: problems.slice(0, 3) }
    const value: unknown = document.toJS({ maxAliasCount: 100 })
    return { yaml: { value, lineOf: (path) => lineOf(document, lines, path) } }
  } catch (error) {
    return { problems: [{ message: `not YAML: ${messageOf(error).split('\n')[0]}` }] }
  }
}

function lineOf(document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const at = path.slice(0, length)
    const parent: unknown = length === 1 ? document.contents : document.getIn(at.slice(0, -1), true)
    const pair = isMap(parent) ? parent.items.find((item) => String(item.key) === String(at.at(-1))) : undefined
    const node: unknown = isPair(pair) ? pair.key : document.getIn(at, true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
