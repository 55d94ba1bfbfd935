import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sample, stateOf } from '../sample-objects.ts'
import { indexState } from '../state-index.ts'
import { concealSecrets } from './conceal-secrets.ts'

const base64 = (text: string): string => Buffer.from(text).toString('base64')

function concealing(...values: string[]) {
  const data = Object.fromEntries(values.map((value, i) => [`password-${i}`, base64(value)]))
  return concealSecrets(indexState(stateOf([sample('v1', 'Secret', 'db', { data })])))
}

describe('concealSecrets', () => {
  it('says whose value stood there, and leaves the rest of the sentence', () => {
    const { text } = concealing('hunter2-and-more')
    const told = '<password-0 of secret/db -n shop>'
    expect(text('PASSWORD is "hunter2-and-more", not "x"')).toBe(`PASSWORD is "${told}", not "x"`)
    expect(text('hunter2-and-more hunter2-and-more')).toBe(`${told} ${told}`)
    expect(text('nothing of it')).toBe('nothing of it')
  })

  it('knows a value that was cut short with its sentence', () => {
    const { text } = concealing('0123456789abcdefghij0123456789abcdefghij')
    expect(text('it is "0123456789abcdefghij01...')).toBe('it is "<password-0 of secret/db -n shop>...')
    expect(text('it is "0123456789abcdefghij01…"')).toBe('it is "<password-0 of secret/db -n shop>…"')
    expect(text('0123456789 is a number')).toBe('0123456789 is a number')
  })

  it('looks into evidence', () => {
    const { value } = concealing('hunter2-and-more')
    expect(value({ values: [{ at: 'data.x', value: base64('hunter2-and-more') }], count: 1 })).toEqual({
      values: [{ at: 'data.x', value: expect.stringContaining('<password-0 of secret/db -n shop>') as string }],
      count: 1,
    })
  })

  it('lets no value through, whatever is around it', () => {
    const secret = fc.stringMatching(/^[A-Za-z0-9_+/-]{12,60}$/).filter((one) => new Set(one).size >= 4)
    fc.assert(
      fc.property(fc.array(secret, { minLength: 1, maxLength: 4 }), fc.string(), fc.string(), (all, before, after) => {
        const { text } = concealing(...all)
        for (const one of all) {
          for (const form of [one, base64(one), encodeURIComponent(one), Buffer.from(one).toString('hex')]) {
            const inner = form === base64(one) ? form.slice(0, -4) : form
            expect(text(`${before} ${form} ${after}`)).not.toContain(` ${inner}`)
          }
        }
      }),
      { numRuns: 200 },
    )
  })
})
