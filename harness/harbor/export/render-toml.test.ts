import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseToml } from '../../task/task-toml.ts'
import { renderToml } from './render-toml.ts'

const text = fc.string({ unit: 'grapheme-ascii' })
const value = fc.oneof(text, fc.integer(), fc.boolean(), fc.array(text, { maxLength: 3 }))
const table = fc.dictionary(
  text.filter((key) => key !== '' && key !== 'source' && key !== '__proto__'),
  value,
)

it('writes what reads as it was', () => {
  fc.assert(
    fc.property(table, table, fc.array(table, { minLength: 1, maxLength: 3 }), (plain, inner, list) => {
      const document = { plain, outer: { name: 'x', inner, list } }
      expect(parseToml(renderToml(document))).toEqual({ value: JSON.parse(JSON.stringify(document)) })
    }),
  )
})
