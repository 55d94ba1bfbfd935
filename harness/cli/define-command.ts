import { parseArgs, type ParseArgsConfig } from 'node:util'
import { InputError } from '../base/errors.ts'

export interface Flag {
  type: 'string' | 'boolean'
  short?: string
  /** May be given several times; the value is then a list. */
  isMultiple?: true
  /** The word for the value in help: `--out DIR`. */
  value?: string
  /** The only values allowed. */
  choices?: readonly string[]
  default?: string | boolean
  summary: string
}

export type Flags = Record<string, Flag>

export type FlagValues<F extends Flags> = {
  [K in keyof F]: F[K] extends { isMultiple: true }
    ? string[]
    : F[K] extends { type: 'boolean' }
      ? boolean
      : F[K] extends { default: string }
        ? string
        : string | undefined
}

export interface CommandInput<F extends Flags> {
  flags: FlagValues<F>
  positionals: string[]
}

export interface Command {
  summary: string
  /** What follows the command's name in its usage line: `TASK...`. */
  positionals: string
  flags: Flags
  details: string | undefined
  /** Runs with the words after the command's name; answers the exit code. */
  run(words: string[]): Promise<number>
}

/** A group of commands: each loaded only when it is used. */
export type CommandTable = Record<string, { summary: string; load: () => Promise<Command | CommandTable> }>

/** Defines a command whose flags are all known: a wrong one is an input error, never ignored. */
export function defineCommand<const F extends Flags>(definition: {
  summary: string
  positionals?: string
  flags?: F
  details?: string
  run: (input: CommandInput<F>) => Promise<number | void>
}): Command {
  const flags = definition.flags ?? ({} as F)
  const positionals = definition.positionals ?? ''
  return {
    summary: definition.summary,
    positionals,
    flags,
    details: definition.details,
    async run(words) {
      return (await definition.run(parseWords(words, flags, positionals))) ?? 0
    },
  }
}

export const jsonFlag = { type: 'boolean', summary: 'print one JSON document on stdout, progress on stderr' } as const

function parseWords<F extends Flags>(words: string[], flags: F, positionals: string): CommandInput<F> {
  const options: NonNullable<ParseArgsConfig['options']> = {}
  for (const [name, flag] of Object.entries(flags)) {
    options[name] = {
      type: flag.type,
      ...(flag.short ? { short: flag.short } : {}),
      ...(flag.isMultiple ? { multiple: true } : {}),
      ...(flag.default === undefined ? {} : { default: flag.default }),
    }
  }
  const parsed = parseStrictly(words, options)
  const problems: string[] = []
  const values: Record<string, unknown> = {}
  for (const [name, flag] of Object.entries(flags)) {
    const value = parsed.values[name]
    values[name] = value ?? (flag.isMultiple ? [] : flag.type === 'boolean' ? false : undefined)
    for (const given of [value].flat()) {
      if (flag.choices && typeof given === 'string' && !flag.choices.includes(given)) {
        problems.push(`--${name} ${given}: expected one of ${flag.choices.join(', ')}`)
      }
    }
  }
  problems.push(...positionalProblems(parsed.positionals, positionals))
  if (problems.length > 0) throw new InputError(problems)
  return { flags: values as FlagValues<F>, positionals: parsed.positionals }
}

function parseStrictly(
  words: string[],
  options: NonNullable<ParseArgsConfig['options']>,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args: words, options, allowPositionals: true, strict: true })
  } catch (error) {
    throw new InputError([error instanceof Error ? (error.message.split('. To specify')[0] ?? '') : String(error)])
  }
}

/** Checks the count against the usage words: `TASK...` wants at least one, `[NAME]` at most one. */
function positionalProblems(given: string[], usage: string): string[] {
  const words = usage.split(' ').filter(Boolean)
  const required = words.filter((w) => !w.startsWith('['))
  const isUnlimited = words.some((w) => w.includes('...'))
  if (given.length < required.length) return [`expected ${required.slice(given.length).join(' ')}`]
  if (!isUnlimited && given.length > words.length) return [`unexpected ${given.slice(words.length).join(' ')}`]
  return []
}
