import { existsSync } from 'node:fs'
import { isCliName } from './cli-names.ts'
import { cliDefinitions } from './definitions.ts'
import type { CliDefinition } from './define-cli.ts'
import { findProgram, installCli, isInstalled } from './install-cli.ts'

/** An agent that is a program, as it was chosen. */
export interface CliChoice {
  name: string
  model: string | undefined
  effort: string | undefined
  /** Another version of its package than ours. */
  version: string | undefined
  program: string | undefined
  baseUrl: string | undefined
  env: Record<string, string | undefined>
}

export function definitionOf(name: string): CliDefinition {
  if (!isCliName(name)) throw new TypeError(`${name} is no program that we know`)
  return cliDefinitions[name]
}

/** The key for its model's API, from the environment. */
export function keyOf({ api }: CliDefinition, env: Record<string, string | undefined>): string | undefined {
  return api.keys.map((key) => env[key]).find(Boolean)
}

/** What is missing for this agent, in one line; undefined when it can begin. */
export async function checkCli(choice: CliChoice): Promise<string | undefined> {
  const definition = definitionOf(choice.name)
  const { api, install } = definition
  if (!existsSync('/usr/bin/bwrap')) return 'install bubblewrap: programs are confined with it'
  if (choice.name === 'command') {
    const [program = ''] = (choice.program ?? '').split(/\s+/)
    return (await findProgram(program, choice.env['PATH'])) === undefined ? `there is no program ${program}` : undefined
  }
  if (install.kind === 'program' && (await findProgram(install.program, choice.env['PATH'])) === undefined)
    return `not installed: ${install.how}`
  if (api.baseUrl === undefined && choice.baseUrl === undefined) return 'expected --base-url, where its model is'
  if (api.keys.length > 0 && keyOf(definition, choice.env) === undefined) return `set ${api.keys[0]} to your API key`
  return undefined
}

/** Installs a program before anything that wants it is started; one that is installed costs nothing. */
export async function prepareCli({ name, version }: CliChoice, say: (line: string) => void): Promise<void> {
  const { install } = definitionOf(name)
  if (install.kind !== 'npm') return
  const wanted = { ...install, version: version ?? install.version }
  if (await isInstalled(wanted)) return
  say(`installing ${wanted.package} ${wanted.version} into the cache`)
  await installCli(wanted)
}

/** The state of one program, for `kubemend doctor --agents`. */
export interface CliFinding {
  name: string
  maker: string
  status: 'ok' | 'limited' | 'no'
  says: string
  cure?: string
}

/** Says of each program whether it is there and what it lacks. */
export async function inspectClis(env: Record<string, string | undefined>): Promise<CliFinding[]> {
  return Promise.all(
    Object.values(cliDefinitions).map(async (definition) => {
      const { name, maker, install } = definition
      const choice = {
        name,
        model: undefined,
        effort: undefined,
        version: undefined,
        program: undefined,
        baseUrl: undefined,
        env,
      }
      if (name === 'command')
        return { name, maker, status: 'ok' as const, says: 'any program: --agent command=PROGRAM' }
      const there =
        install.kind === 'npm'
          ? (await isInstalled(install))
            ? `${install.package} ${install.version} is installed`
            : `${install.package} ${install.version} will be installed when it is used`
          : `${install.program} is looked for on the PATH`
      const lacks = await checkCli(choice)
      return lacks === undefined
        ? { name, maker, status: 'ok' as const, says: there }
        : {
            name,
            maker,
            status: lacks.startsWith('set ') ? ('limited' as const) : ('no' as const),
            says: there,
            cure: lacks,
          }
    }),
  )
}
