import { InputError } from '../base/errors.ts'

/** The number that a flag says. */
export function wholeNumber(flag: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new InputError([`--${flag} ${text}: expected a whole number from 1`])
  return value
}
