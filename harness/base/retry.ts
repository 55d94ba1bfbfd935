import { sleep } from './clock.ts'
import { KubemendError, messageOf } from './errors.ts'

export interface UntilOptions {
  /** What is waited for, as the end of the sentence "waited 30 s for ...". */
  what: string
  timeoutMs: number
  intervalMs?: number
  signal?: AbortSignal
  /** Errors of the probe that only mean "not yet"; every other error ends the wait. */
  isTransient?: (error: unknown) => boolean
}

/** Asks again and again until the probe answers something, and says what was last seen when it never does. */
export async function until<T>(probe: () => Promise<T | undefined | false>, options: UntilOptions): Promise<T> {
  const deadline = Date.now() + options.timeoutMs
  let lastError: unknown
  for (;;) {
    try {
      const answer = await probe()
      if (answer !== undefined && answer !== false) return answer
      lastError = undefined
    } catch (error) {
      if (!options.isTransient?.(error)) throw error
      lastError = error
    }
    if (Date.now() >= deadline) {
      const seen = lastError === undefined ? '' : `: ${messageOf(lastError)}`
      throw new KubemendError(
        'timed-out',
        `waited ${Math.round(options.timeoutMs / 1000)} s for ${options.what}${seen}`,
        {
          cause: lastError,
        },
      )
    }
    await sleep(options.intervalMs ?? 100, options.signal)
  }
}
