/** The one error people may see: a stable code, a sentence, and what to do about it. */
export class KubemendError extends Error {
  readonly code: string
  readonly hint: string | undefined

  constructor(code: string, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'KubemendError'
    this.code = code
    this.hint = options.hint
  }
}

/** Bad input: one line per problem, everything at once, nothing started. */
export class InputError extends KubemendError {
  readonly problems: readonly string[]

  constructor(problems: readonly string[], options: { hint?: string; cause?: unknown } = {}) {
    super('bad-input', problems.join('\n'), options)
    this.problems = problems
  }
}

/** The sentence of anything thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
