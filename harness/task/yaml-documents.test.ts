import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { stringify } from 'yaml'
import { parseTaskToml } from './task-toml.ts'
import { readYaml } from './yaml-documents.ts'

describe('readYaml', () => {
  it('gives each document with its line, and leaves out empty ones', () => {
    expect(readYaml('# first\na: 1\n---\n---\n# c\n\nb: 2\n').documents).toEqual([
      { value: { a: 1 }, line: 2 },
      { value: { b: 2 }, line: 7 },
    ])
  })

  it('reads numbers as kubectl does', () => {
    const text = 'mode: 0755\nless: -010\nport: 8080\nnone: 0\ntext: "0755"\n'
    const [document] = readYaml(text).documents
    expect(document?.value).toEqual({ mode: 493, less: -8, port: 8080, none: 0, text: '0755' })
  })

  it('reads back what a YAML writer wrote', () => {
    fc.assert(
      fc.property(fc.array(fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 }), { minLength: 1 }), (values) => {
        const text = values.map((value) => stringify(value)).join('---\n')
        const { documents, problems } = readYaml(text)
        expect(problems).toEqual([])
        expect(documents.map(({ value }) => JSON.stringify(value))).toEqual(
          values.map((value) => JSON.stringify(value)),
        )
      }),
    )
  })

  it('never throws, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-[\]{}:,&*!|> a\n#"']*$/)), (text) => {
        const { documents, problems } = readYaml(text)
        expect(documents.length === 0 || problems.length === 0).toBe(true)
      }),
    )
  })
})

describe('parseTaskToml', () => {
  it('never throws, whatever it is given', () => {
    const line = fc.constantFrom(
      '[task]',
      '[[steps]]',
      'name = "x"',
      'a.b = 1',
      'name = 2',
      'x = "\\u"',
      '[metadata.kubemend]',
    )
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(line).map((lines) => lines.join('\n')),
        ),
        (text) => {
          const { value, problems } = parseTaskToml(text)
          expect(value === undefined).toBe(problems.length > 0)
        },
      ),
    )
  })
})
