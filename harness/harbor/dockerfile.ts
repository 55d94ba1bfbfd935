import { interpolate } from './interpolate.ts'
import { splitWords } from './split-words.ts'
import type { LineProblem } from './yaml-place.ts'

/** One instruction of a Dockerfile, with its continuation lines joined. */
export interface Instruction {
  keyword: string
  /** What follows the keyword and its flags. */
  text: string
  flags: Record<string, string>
  line: number
}

/** Reads a Dockerfile into its instructions; heredocs are a problem, because nothing here could run them. */
export function parseDockerfile(text: string): { instructions: Instruction[]; problems: LineProblem[] } {
  const instructions: Instruction[] = []
  const problems: LineProblem[] = []
  const lines = text.replaceAll('\r\n', '\n').split('\n')
  for (let i = 0; i < lines.length; i++) {
    const start = i
    let whole = lines[i] ?? ''
    if (whole.trim() === '' || whole.trimStart().startsWith('#')) continue
    while (/\\\s*$/.test(whole) && i + 1 < lines.length) {
      const next = lines[++i] ?? ''
      // comments and empty lines within an instruction are not part of it
      if (next.trimStart().startsWith('#') || next.trim() === '') continue
      whole = `${whole.replace(/\\\s*$/, '')} ${next}`
    }
    const [, keyword = '', rest = ''] = /^\s*([A-Za-z]+)\s*([\s\S]*)$/.exec(whole) ?? []
    const upper = keyword.toUpperCase()
    if (!keywords.has(upper)) {
      problems.push({
        line: start + 1,
        message: `expected a Dockerfile instruction, got ${JSON.stringify(whole.trim().slice(0, 40))}`,
      })
      continue
    }
    if ((upper === 'RUN' || upper === 'COPY') && /<<-?\s*["']?\w/.test(rest)) {
      problems.push({
        line: start + 1,
        message: `a heredoc in ${upper} cannot be mapped; put it into a file and COPY it`,
      })
      const end = /<<-?\s*["']?(\w+)/.exec(rest)?.[1]
      while (i + 1 < lines.length && lines[i]?.trim() !== end) i++
      continue
    }
    instructions.push({ keyword: upper, ...splitFlags(rest.trim()), line: start + 1 })
  }
  if (instructions.length > 0 && !instructions.some(({ keyword }) => keyword === 'FROM')) {
    problems.push({ line: 1, message: 'expected a FROM instruction' })
  }
  if (instructions.length === 0 && problems.length === 0)
    problems.push({ line: 1, message: 'expected a FROM instruction, got an empty file' })
  return { instructions, problems }
}

/** The words of `["a", "b"]`, or of a shell line as `sh -c` gets it. */
export function commandOf(text: string): string[] {
  if (text.trimStart().startsWith('[')) {
    try {
      const words: unknown = JSON.parse(text)
      if (Array.isArray(words)) return words.map(String)
    } catch {
      // Docker, too, takes what is no JSON for a shell line
    }
  }
  return ['sh', '-c', text]
}

/** `KEY=value KEY2="more"` or the old `KEY value`. */
export function readPairs(text: string): [string, string][] {
  if (!/^[\w.-]+=/.test(text)) {
    const [, key = '', value = ''] = /^(\S+)\s+([\s\S]*)$/.exec(text) ?? []
    return [[key, value]]
  }
  return (splitWords(text) ?? []).map((word): [string, string] => {
    const at = word.indexOf('=')
    return at < 0 ? [word, ''] : [word.slice(0, at), word.slice(at + 1)]
  })
}

/** Fills in what ARG and ENV have set; what nobody set is empty, as in Docker. */
export function fillIn(text: string, variables: Readonly<Record<string, string>>): string {
  return interpolate(text, variables).text
}

const keywords = new Set(
  'FROM ARG RUN COPY ADD ENV WORKDIR USER CMD ENTRYPOINT LABEL EXPOSE VOLUME SHELL STOPSIGNAL HEALTHCHECK ONBUILD MAINTAINER'.split(
    ' ',
  ),
)

function splitFlags(text: string): { text: string; flags: Record<string, string> } {
  const flags: Record<string, string> = {}
  let rest = text
  for (;;) {
    const found = /^--([a-z-]+)(?:=(\S*))?\s+([\s\S]*)$/.exec(rest)
    if (!found) return { text: rest, flags }
    flags[found[1] ?? ''] = found[2] ?? 'true'
    rest = found[3] ?? ''
  }
}
