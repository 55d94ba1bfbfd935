import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { checkAgainst, renderPath } from './schema-problems.ts'

const schema = z.strictObject({
  name: z.string(),
  size: z.int().min(1).max(9).optional(),
  level: z.enum(['low', 'high']),
  parts: z.array(z.strictObject({ 'part-name': z.string() })).min(1),
})

describe('checkAgainst', () => {
  it('gives the value when the document is right', () => {
    const document = { name: 'a', level: 'low', parts: [{ 'part-name': 'b' }] }
    expect(checkAgainst(schema, document)).toEqual({ value: document })
  })

  it('words every problem at once, each at its place', () => {
    const document = { size: 12, level: 'middle', parts: [{ 'part-nane': 'b' }], colour: 1 }
    expect(checkAgainst(schema, document).problems).toEqual([
      { path: 'name', message: 'missing; expected text' },
      { path: 'size', message: 'expected a number of at most 9, got 12' },
      { path: 'level', message: 'expected one of low, high, got "middle"' },
      { path: 'parts[0].part-name', message: 'missing; expected text' },
      { path: 'parts[0].part-nane', message: 'unknown field; did you mean part-name?' },
      { path: 'colour', message: 'unknown field; known are name, size, level, parts' },
    ])
  })

  it('names what stands where something else was expected', () => {
    expect(checkAgainst(schema, { name: ['x'], level: 'low', parts: [] }).problems).toEqual([
      { path: 'name', message: 'expected text, got a list' },
      { path: 'parts', message: 'expected at least one entry, got none' },
    ])
    expect(checkAgainst(schema, 'text').problems).toEqual([{ path: '', message: 'expected a map, got "text"' }])
  })

  it('follows the branch of a union that was evidently meant', () => {
    const either = z.union([z.string(), z.strictObject({ path: z.string() })])
    expect(checkAgainst(either, { path: 3 }).problems).toEqual([{ path: 'path', message: 'expected text, got 3' }])
  })
})

describe('renderPath', () => {
  it('writes odd keys in brackets', () => {
    expect(renderPath(['a', 0, 'example.com/x', 'b-c'])).toBe('a[0]["example.com/x"].b-c')
  })
})
