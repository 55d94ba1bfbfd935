import { CommandError } from '../base/command.ts'
import { InputError, KubemendError, messageOf } from '../base/errors.ts'
import { commands } from './commands.ts'
import type { Command, CommandTable } from './define-command.ts'
import { renderCommandHelp, renderTableHelp } from './help.ts'

export const exitCodes = { ok: 0, notMet: 1, badInput: 2, environment: 3 } as const

/** Runs one command line and answers its exit code; the only place that words errors for people. */
export async function main(words: string[]): Promise<number> {
  try {
    return await dispatch(['kubemend'], commands, words)
  } catch (error) {
    return report(error, words)
  }
}

async function dispatch(path: string[], table: CommandTable, words: string[]): Promise<number> {
  const [name, ...rest] = words
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(renderTableHelp(path, table, path.length === 1 ? intro : ''))
    return name === undefined ? exitCodes.badInput : exitCodes.ok
  }
  const entry = table[name]
  if (!entry)
    throw new InputError([`${path.join(' ')}: no command ${name}`], { hint: `${path.join(' ')} --help lists them` })
  const loaded = await entry.load()
  const here = [...path, name]
  if (!isCommand(loaded)) return dispatch(here, loaded, rest)
  const ours = rest.includes('--') ? rest.slice(0, rest.indexOf('--')) : rest
  if (ours.includes('--help') || ours.includes('-h')) {
    console.log(renderCommandHelp(here, loaded))
    return exitCodes.ok
  }
  return loaded.run(rest)
}

function isCommand(loaded: Command | CommandTable): loaded is Command {
  return typeof (loaded as { run?: unknown }).run === 'function'
}

function report(error: unknown, words: string[]): number {
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

const intro = `Kubemend: can this AI agent repair a live Kubernetes cluster without breaking what it had to protect?\n\n`

if (import.meta.main) {
  process.exitCode = await main(process.argv.slice(2))
}
