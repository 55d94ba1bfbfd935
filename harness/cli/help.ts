import type { Command, CommandTable, Flag } from './define-command.ts'

export function renderTableHelp(path: string[], table: CommandTable, intro = ''): string {
  const rows = Object.entries(table).map(([name, entry]) => [name, entry.summary] as const)
  return `${intro}usage: ${path.join(' ')} COMMAND [flags]\n\n${columns(rows)}\n\n${path.join(' ')} COMMAND --help tells more\n`
}

export function renderCommandHelp(path: string[], command: Command): string {
  const flags = Object.entries(command.flags).map(([name, flag]) => [flagUsage(name, flag), flagSummary(flag)] as const)
  const usage = [...path, command.positionals, flags.length > 0 ? '[flags]' : ''].filter(Boolean).join(' ')
  return [
    `${command.summary}\n\nusage: ${usage}`,
    flags.length > 0 ? columns(flags) : '',
    command.details?.trim() ?? '',
  ]
    .filter(Boolean)
    .join('\n\n')
    .concat('\n')
}

function flagUsage(name: string, flag: Flag): string {
  const short = flag.short ? `-${flag.short}, ` : ''
  return `${short}--${name}${flag.type === 'string' ? ` ${flag.value ?? 'VALUE'}` : ''}`
}

function flagSummary(flag: Flag): string {
  const choices = flag.choices ? ` (${flag.choices.join(', ')})` : ''
  const byDefault = flag.default === undefined || flag.default === false ? '' : ` [${String(flag.default)}]`
  return `${flag.summary}${choices}${byDefault}${flag.isMultiple ? '; may be repeated' : ''}`
}

function columns(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([left]) => left.length))
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`).join('\n')
}
