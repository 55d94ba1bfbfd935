import { CommandError } from '../base/command.ts'
import { InputError, KubemendError, messageOf } from '../base/errors.ts'

export const exitCodes = { ok: 0, notMet: 1, badInput: 2, environment: 3 } as const

/** Words an error for people, and as JSON where that was asked for; answers the exit code. */
export function reportError(error: unknown, words: string[]): number {
  const isInput = error instanceof InputError
  const known = error instanceof KubemendError ? error : undefined
  if (words.includes('--json')) {
    console.log(
      JSON.stringify({
        error: { code: known?.code ?? 'internal', message: messageOf(error), hint: known?.hint ?? null },
      }),
    )
  }
  console.error(`error: ${messageOf(error)}`)
  if (known?.hint) console.error(`hint: ${known.hint}`)
  if (process.env['KUBEMEND_DEBUG'] || (!known && !(error instanceof CommandError))) {
    console.error(error instanceof Error ? error.stack : error)
  }
  return isInput ? exitCodes.badInput : exitCodes.environment
}
