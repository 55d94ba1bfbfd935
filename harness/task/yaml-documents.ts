import { LineCounter, parseAllDocuments, type Document, type ScalarTag } from 'yaml'
import { messageOf } from '../base/errors.ts'

/** One document of a YAML file, as plain data. */
export interface YamlDocument {
  value: unknown
  /** The line its content begins on. */
  line: number
}

/** Reads every document of a YAML file; empty documents do not count. */
export function readYaml(text: string): { documents: YamlDocument[]; problems: { line?: number; message: string }[] } {
  const lines = new LineCounter()
  try {
    const parsed = parseAllDocuments(text, {
      lineCounter: lines,
      prettyErrors: false,
      uniqueKeys: true,
      customTags: (tags) => [octal, ...tags],
    })
    const documents = Array.isArray(parsed) ? parsed : []
    const errors = documents.flatMap((document) => [...document.errors, ...document.warnings])
    if (errors.some(({ code }) => code === 'RESOURCE_EXHAUSTION')) return { documents: [], problems: [tooDeep] }
    const problems = errors.map(({ pos, message }) => ({
      line: lines.linePos(pos[0]).line,
      message: message.split('\n')[0] ?? message,
    }))
    if (problems.length > 0) return { documents: [], problems: problems.slice(0, maxProblems) }
    const read = documents.map((document) => ({ value: plain(document), line: lineOf(document, lines) }))
    return { documents: read.filter(({ value }) => value !== null && value !== undefined), problems: [] }
  } catch (error) {
    return { documents: [], problems: [wordFailure(error)] }
  }
}

/** As kubectl reads it: `defaultMode: 0755` is 493. */
const octal: ScalarTag = {
  identify: () => false,
  default: true,
  tag: 'tag:yaml.org,2002:int',
  test: /^[-+]?0[0-7]+$/,
  resolve: (text) => Number.parseInt(text, 8),
}

function plain(document: Document): unknown {
  return document.toJS({ maxAliasCount: 100 })
}

function lineOf(document: Document, lines: LineCounter): number {
  return lines.linePos(document.contents?.range?.[0] ?? document.range?.[0] ?? 0).line
}

/** After some errors a parser only guesses. */
const maxProblems = 5
const tooDeep = { message: 'is nested too deeply to be read' }

/** What the parser throws rather than reports: nesting beyond any stack, and aliases that multiply without end. */
function wordFailure(error: unknown): { message: string } {
  if (error instanceof RangeError) return tooDeep
  if (error instanceof ReferenceError) return { message: 'expands without end: too many aliases of aliases' }
  return { message: messageOf(error) }
}
