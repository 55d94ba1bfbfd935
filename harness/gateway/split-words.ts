import { Refusal } from './refusal.ts'

export interface CommandWords {
  words: string[]
  /** The text of a heredoc, a here-string, or what `cat` or `echo` would have piped in. */
  stdin?: string
}

/**
 * Splits a command line as a shell would, and stops there: quotes, backslashes and heredocs are understood, nothing is
 * expanded. What needs a shell (pipes, redirects, `;`, `$( )`, backticks) is refused, but for harmless habits:
 * `2>&1`, `2>/dev/null`, and `cat <<EOF | kubectl apply -f -`.
 */
export function splitWords(text: string): CommandWords | Refusal {
  const stages = new Scanner(text).stages()
  if (stages instanceof Refusal) return stages
  const [first, second, ...others] = stages
  if (first === undefined) return { words: [] }
  if (second === undefined) return first
  const piped = others.length === 0 && second.stdin === undefined ? pipedText(first) : undefined
  if (piped === undefined) return new Refusal('not-a-shell', noPipes)
  return { words: second.words, stdin: piped }
}

const noPipes =
  'there is no shell here, so no pipes: ask kubectl itself for less (-l, --field-selector, -o jsonpath=..., --tail, ' +
  '--since), run the pipe inside a container (exec POD -- sh -c "... | ..."), or make separate calls'

const oneCommand = 'there is no shell here: one kubectl command per call, without ; && || & or further lines'

function pipedText(stage: CommandWords): string | undefined {
  const [program, ...args] = stage.words
  if (program === 'cat' && stage.stdin !== undefined && (args.length === 0 || args.join(' ') === '-'))
    return stage.stdin
  if (program === 'echo' && stage.stdin === undefined && !args[0]?.startsWith('-')) return `${args.join(' ')}\n`
  return undefined
}

/** One pass over the text; `at` is the next character. */
class Scanner {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text.replaceAll('\r\n', '\n')
  }

  stages(): CommandWords[] | Refusal {
    const stages: CommandWords[] = []
    let stage: CommandWords = { words: [] }
    const heredocs: { stage: CommandWords; delimiter: string; dropsTabs: boolean }[] = []
    for (;;) {
      this.#skip(/[ \t]*/y)
      if (this.#at >= this.#text.length) break
      if (this.#skip(/\\\n/y) || this.#skip(/#[^\n]*/y)) continue
      if (this.#skip(/[0-9&]?>>?[ \t]*\/dev\/null(?=[\s;|&]|$)|[12]>&[12](?=[\s;|&]|$)/y)) continue
      if (this.#skip(/\n/y)) {
        for (const heredoc of heredocs.splice(0)) {
          const body = this.#heredocBody(heredoc)
          if (body instanceof Refusal) return body
          heredoc.stage.stdin = body
        }
        if (this.#skip(/\s*$/y)) break
        if (stage.words.length > 0) return new Refusal('not-a-shell', oneCommand)
        continue
      }
      if (this.#skip(/\|(?!\|)/y)) {
        stages.push(stage)
        stage = { words: [] }
        continue
      }
      if (this.#skip(/<<</y)) {
        this.#skip(/[ \t]*/y)
        const word = this.#word()
        if (word instanceof Refusal) return word
        stage.stdin = `${word}\n`
        continue
      }
      if (this.#skip(/<</y)) {
        const dropsTabs = this.#skip(/-/y)
        this.#skip(/[ \t]*/y)
        const delimiter = this.#word()
        if (delimiter instanceof Refusal) return delimiter
        if (delimiter === '') return new Refusal('not-a-shell', '<< needs a word that ends the text, like <<EOF')
        heredocs.push({ stage, delimiter, dropsTabs })
        continue
      }
      if (this.#skip(/[0-9&]?>|</y)) {
        return new Refusal('not-a-shell', 'there are no files here to redirect to or from; give input as `stdin`')
      }
      if (this.#skip(/;|&|\|\|/y)) {
        if (this.#skip(/\s*$/y)) break
        return new Refusal('not-a-shell', oneCommand)
      }
      const word = this.#word()
      if (word instanceof Refusal) return word
      stage.words.push(word)
    }
    if (heredocs[0]) return unendedHeredoc(heredocs[0].delimiter)
    stages.push(stage)
    return stages
  }

  #word(): string | Refusal {
    let word = ''
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at]!
      if (/[\s;|&<>]/.test(char)) break
      this.#at++
      if (char === "'") {
        const end = this.#text.indexOf("'", this.#at)
        if (end < 0) return new Refusal('not-a-shell', "a ' quote is not closed")
        word += this.#text.slice(this.#at, end)
        this.#at = end + 1
      } else if (char === '"') {
        const quoted = this.#doubleQuoted()
        if (quoted instanceof Refusal) return quoted
        word += quoted
      } else if (char === '\\') {
        const next = this.#text[this.#at++]
        if (next !== undefined && next !== '\n') word += next
      } else if (char === '`' || (char === '$' && this.#text[this.#at] === '(')) {
        return noSubstitution()
      } else if (char === '$' && this.#text[this.#at] === "'") {
        const quoted = this.#ansiQuoted()
        if (quoted instanceof Refusal) return quoted
        word += quoted
      } else {
        word += char
      }
    }
    return word
  }

  #doubleQuoted(): string | Refusal {
    let text = ''
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at++]!
      if (char === '"') return text
      if (char === '`' || (char === '$' && this.#text[this.#at] === '(')) return noSubstitution()
      if (char !== '\\') {
        text += char
        continue
      }
      const next = this.#text[this.#at++]
      if (next === undefined) break
      if (next === '\n') continue
      text += '"\\$`'.includes(next) ? next : `\\${next}`
    }
    return new Refusal('not-a-shell', 'a " quote is not closed')
  }

  /** `$'...'`, with the escapes that matter in manifests and patches. */
  #ansiQuoted(): string | Refusal {
    this.#at++
    let text = ''
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at++]!
      if (char === "'") return text
      const next = char === '\\' ? this.#text[this.#at++] : undefined
      text += next === undefined ? char : (ansiEscapes[next] ?? `\\${next}`)
    }
    return new Refusal('not-a-shell', "a $' quote is not closed")
  }

  #heredocBody({ delimiter, dropsTabs }: { delimiter: string; dropsTabs: boolean }): string | Refusal {
    const lines: string[] = []
    while (this.#at < this.#text.length) {
      const end = this.#text.indexOf('\n', this.#at)
      const line = this.#text.slice(this.#at, end < 0 ? undefined : end)
      this.#at = end < 0 ? this.#text.length : end + 1
      const bare = dropsTabs ? line.replace(/^\t+/, '') : line
      if (bare === delimiter || bare.trim() === delimiter) return lines.map((l) => `${l}\n`).join('')
      lines.push(bare)
    }
    return unendedHeredoc(delimiter)
  }

  #skip(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)
    if (!found || (found[0] === '' && !pattern.source.endsWith('$'))) return false
    this.#at += found[0].length
    return true
  }
}

const ansiEscapes: Record<string, string> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"' }

function noSubstitution(): Refusal {
  return new Refusal('not-a-shell', 'there is no shell here, so no $( ) and no backticks: look first, then call again')
}

function unendedHeredoc(delimiter: string): Refusal {
  return new Refusal('not-a-shell', `the text after <<${delimiter} has no line ${delimiter} at its end`)
}
