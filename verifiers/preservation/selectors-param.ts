import { z } from 'zod'
import { InputError } from '../../harness/base/errors.ts'
import { parseSelector } from '../../harness/state/object-selector.ts'

/** Objects as `may-change` names them: `statefulset/db -n shop`, `pvc/* -n shop`. */
export const selectorsParam: z.ZodType<string[]> = z
  .array(
    z.string().refine(isSelector, {
      error: (issue) => `expected an object such as "statefulset/db -n shop", got ${JSON.stringify(issue.input)}`,
    }),
  )
  .min(1)
  .meta({ description: 'The objects, as may-change names them: "statefulset/db -n shop", "pvc/* -n shop".' })

function isSelector(text: string): boolean {
  try {
    return parseSelector(text).name !== ''
  } catch (error) {
    if (error instanceof InputError) return false
    throw error
  }
}
