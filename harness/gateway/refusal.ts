/** What a refused call would have gone around. */
export type RefusalRule =
  | 'another-server'
  | 'another-identity'
  | 'local-file'
  | 'local-settings'
  | 'external-program'
  | 'terminal'
  | 'tunnel'
  | 'not-a-shell'
  | 'unknown-command'
  | 'unknown-flag'
  | 'bad-value'

/** A value that says no: which rule, and what to do instead. */
export class Refusal {
  readonly rule: RefusalRule
  readonly message: string

  constructor(rule: RefusalRule, message: string) {
    this.rule = rule
    this.message = message
  }
}
