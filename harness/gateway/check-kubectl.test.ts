import { describe, expect, test } from 'vitest'
import { checkKubectl } from './check-kubectl.ts'
import { honestSpellings, hostileSpellings } from './kubectl-spellings.ts'
import { parseKubectl, toArgv } from './parse-kubectl.ts'
import { Refusal } from './refusal.ts'
import { splitWords } from './split-words.ts'

const hostile = Object.entries(hostileSpellings).flatMap(([rule, spellings]) => spellings.map((s) => ({ rule, s })))

test('the tables are as long as they have to be', () => {
  expect(hostile.length).toBeGreaterThanOrEqual(150)
  expect(honestSpellings.length).toBeGreaterThanOrEqual(60)
  expect(new Set(hostile.map(({ s }) => JSON.stringify(s))).size).toBe(hostile.length)
})

describe('hostile spellings are refused, by the right rule', () => {
  for (const { rule, s } of hostile) {
    test(`${rule}: ${JSON.stringify(s).slice(0, 100)}`, () => {
      const verdict = judge(s)
      expect(verdict).toBeInstanceOf(Refusal)
      expect((verdict as Refusal).rule).toBe(rule)
    })
  }
})

describe('honest spellings pass, in one canonical form', () => {
  for (const [text, argv] of honestSpellings) {
    test(text, () => {
      const verdict = judge(text)
      expect(verdict).toEqual(expect.any(Array))
      expect((verdict as string[]).join(' ')).toBe(argv)
    })
  }
})

function judge(spelling: string | readonly string[]): string[] | Refusal {
  const split = typeof spelling === 'string' ? splitWords(spelling) : { words: spelling }
  if (split instanceof Refusal) return split
  const command = parseKubectl(split.words)
  return command instanceof Refusal ? command : (checkKubectl(command) ?? toArgv(command))
}
