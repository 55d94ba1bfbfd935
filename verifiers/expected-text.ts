import { z } from 'zod'
import { patternParam } from './params.ts'

/** What a text must be: exactly a text, hold one, match a pattern; all that are given count. */
export interface ExpectedText {
  equals?: string | undefined
  contains?: string | undefined
  matches?: string | undefined
  lacks?: string | undefined
}

/** The parameters of an expected text, for the schema of a check. */
export const expectedTextParams: {
  equals: z.ZodOptional<z.ZodString>
  contains: z.ZodOptional<z.ZodString>
  matches: z.ZodOptional<z.ZodType<string>>
  lacks: z.ZodOptional<z.ZodString>
} = {
  equals: z.string().optional().meta({ description: 'It is exactly this; white space at its end does not count.' }),
  contains: z.string().optional().meta({ description: 'It holds this.' }),
  matches: patternParam('It matches this regular expression; ^ and $ are the ends of lines.').optional(),
  lacks: z.string().optional().meta({ description: 'It does not hold this.' }),
}

/** Whether a check says anything about the text. */
export function expectsText(expected: ExpectedText): boolean {
  return [expected.equals, expected.contains, expected.matches, expected.lacks].some((part) => part !== undefined)
}

/** What is wrong with a text, as the end of a sentence; undefined when it is as expected. */
export function textMismatch(text: string, expected: ExpectedText): string | undefined {
  const { equals, contains, matches, lacks } = expected
  if (equals !== undefined && text.trimEnd() !== equals.trimEnd()) return `is ${inShort(text)}, not ${inShort(equals)}`
  if (contains !== undefined && !text.includes(contains)) return `does not hold ${inShort(contains)}: ${inShort(text)}`
  if (matches !== undefined && !new RegExp(matches, 'm').test(text))
    return `does not match /${matches}/: ${inShort(text)}`
  if (lacks !== undefined && text.includes(lacks)) return `holds ${inShort(lacks)}`
  return undefined
}

/** A text in quotes on one line, cut where it gets long. */
export function inShort(text: string): string {
  const quoted = JSON.stringify(text.trimEnd())
  return quoted.length > 160 ? `${quoted.slice(0, 156)}…"` : quoted
}
