import { InputError } from '../base/errors.ts'
import { commands } from './commands.ts'
import type { Command, CommandTable } from './define-command.ts'
import { renderCommandHelp, renderTableHelp } from './help.ts'
import { outliveReaders } from './output.ts'
import { exitCodes, reportError } from './report-error.ts'

/** Runs one command line and answers its exit code; an error becomes words for people and an exit code. */
export async function main(words: string[]): Promise<number> {
  try {
    return await dispatch(['kubemend'], commands, words)
  } catch (error) {
    return reportError(error, words)
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

const intro = `Kubemend: can this AI agent repair a live Kubernetes cluster without breaking what it had to protect?\n\n`

if (import.meta.main) {
  outliveReaders()
  process.exitCode = await main(process.argv.slice(2))
}
