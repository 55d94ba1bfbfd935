import os from 'node:os'
import { wholeNumber } from './whole-number.ts'

/** What --concurrency says, or what this machine can bear. */
export function concurrencyOf(text: string | undefined): number {
  return text === undefined ? defaultConcurrency() : wholeNumber('concurrency', text)
}

/** A trial takes about a gigabyte, and more than one a processor only makes each of them slower. */
function defaultConcurrency(): number {
  const byMemory = Math.floor(os.freemem() / (1.2 * 1024 ** 3))
  return Math.max(1, Math.min(byMemory, os.availableParallelism()))
}
