import { InputError } from '../base/errors.ts'

/**
 * The values of an `env` table with `${VAR}` and `${VAR:-default}` filled in from the host. Like Harbor, only a value
 * that is a template as a whole is one. All variables that the host lacks are reported together.
 */
export function resolveEnv(
  env: Readonly<Record<string, string>>,
  host: Readonly<Record<string, string | undefined>>,
  where: string,
): Record<string, string> {
  const problems: string[] = []
  const resolved = Object.entries(env).map(([name, value]) => {
    const template = readTemplate(value)
    if (template === undefined) return [name, value] as const
    const given = host[template.variable] ?? template.byDefault
    if (given === undefined) {
      problems.push(`${where}.${name}: the environment variable ${template.variable} is not set and has no default`)
    }
    return [name, given ?? ''] as const
  })
  if (problems.length > 0) throw new InputError(problems)
  return Object.fromEntries(resolved)
}

/** The host's variables that an `env` table asks for. */
export function hostVariables(env: Readonly<Record<string, string>>): string[] {
  return Object.values(env).flatMap((value) => readTemplate(value)?.variable ?? [])
}

function readTemplate(value: string): { variable: string; byDefault: string | undefined } | undefined {
  const match = /^\$\{([^}:]+)(?::-(.*))?\}$/.exec(value)
  return match?.[1] === undefined ? undefined : { variable: match[1], byDefault: match[2] }
}
