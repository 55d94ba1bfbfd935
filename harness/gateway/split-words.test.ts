import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Refusal } from './refusal.ts'
import { splitWords } from './split-words.ts'

describe('a command line becomes words', () => {
  const cases: [string, string[]][] = [
    ['', []],
    ['  get   pods\t-A ', ['get', 'pods', '-A']],
    [`a 'b c' "d e"`, ['a', 'b c', 'd e']],
    [`a'b'"c"d`, ['abcd']],
    [`'' ""`, ['', '']],
    [`a\\ b`, ['a b']],
    [`"a\\"b\\\\c\\n"`, ['a"b\\c\\n']],
    [`'a\\b'`, ['a\\b']],
    [`"$HOME" $HOME`, ['$HOME', '$HOME']],
    [`$'a\\nb\\'c'`, ["a\nb'c"]],
    ['a{b,c} *.yaml ~ !x', ['a{b,c}', '*.yaml', '~', '!x']],
    ['a \\\n b', ['a', 'b']],
    ['a "b\\\nc"', ['a', 'bc']],
    ["'two\nlines'", ['two\nlines']],
    ['a 2>&1', ['a']],
    ['a 2> /dev/null', ['a']],
    ['a # rest', ['a']],
    ['a#b', ['a#b']],
    ['get pods\n', ['get', 'pods']],
    ['\nget pods\n\n', ['get', 'pods']],
  ]
  for (const [text, words] of cases) test(JSON.stringify(text), () => expect(splitWords(text)).toEqual({ words }))
})

describe('text for standard input may be part of the line', () => {
  const manifest = 'kind: A\n  b: "$x" `c` $(d)\n'
  const forms = {
    heredoc: `apply -f - <<EOF\n${manifest}EOF`,
    'heredoc with a quoted end': `apply -f - <<'EOF'\n${manifest}EOF\n`,
    'heredoc before other words': `apply <<EOF -f -\n${manifest}EOF\n`,
    'cat into kubectl': `cat <<EOF | apply -f -\n${manifest}EOF\n`,
    'Windows line ends': `apply -f - <<EOF\r\n${manifest.replaceAll('\n', '\r\n')}EOF\r\n`,
  }
  for (const [name, text] of Object.entries(forms)) {
    test(name, () => expect(splitWords(text)).toEqual({ words: ['apply', '-f', '-'], stdin: manifest }))
  }

  test('tabs are dropped by <<-', () => {
    expect(splitWords('apply -f - <<-E\n\ta: b\n\tE')).toEqual({ words: ['apply', '-f', '-'], stdin: 'a: b\n' })
  })

  test('a here-string', () => {
    expect(splitWords(`apply -f - <<< '{"a": 1}'`)).toEqual({ words: ['apply', '-f', '-'], stdin: '{"a": 1}\n' })
  })

  test('echo into kubectl', () => {
    expect(splitWords(`echo 'a: b' | kubectl apply -f -`)).toEqual({
      words: ['kubectl', 'apply', '-f', '-'],
      stdin: 'a: b\n',
    })
  })
})

test('what any words are quoted to is read back as these words', () => {
  const quote = (word: string): string => `'${word.replaceAll("'", `'\\''`)}'`
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'grapheme' })), (words) => {
      fc.pre(words.every((word) => !word.includes('\r\n')))
      expect(splitWords(words.map(quote).join(' '))).toEqual({ words })
    }),
  )
})

test('any text is either words or a refusal with a sentence', () => {
  const nasty = fc.string({ unit: fc.constantFrom(...`'"\\$\`|&;<>()#\n\t EOF-ab`.split('')) })
  fc.assert(
    fc.property(nasty, (text) => {
      const result = splitWords(text)
      if (result instanceof Refusal) expect(result.message.length).toBeGreaterThan(10)
      else expect(result.words.every((word) => typeof word === 'string')).toBe(true)
    }),
    { numRuns: 2000 },
  )
})
