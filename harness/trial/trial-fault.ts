import type { TrialError } from '../record/events.ts'

/** Why a trial says nothing about its agent: ours, the task's or the cluster's fault, with the phase it happened in. */
export class TrialFault extends Error {
  readonly whose: TrialError['whose']
  readonly code: string
  phase: string | undefined

  constructor(whose: TrialError['whose'], code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'TrialFault'
    this.whose = whose
    this.code = code
  }
}
