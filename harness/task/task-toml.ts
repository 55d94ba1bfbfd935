import { parse } from 'toml'
import { z } from 'zod'
import { checkAgainst } from '../base/schema-problems.ts'
import type { TaskToml } from './harbor-task.ts'

/** What is wrong with a task.toml, at its line or at its field. */
export interface TomlProblem {
  line?: number
  at?: string
  message: string
}

/** Reads the text of a task.toml. */
export function parseTaskToml(text: string): { value?: TaskToml; problems: TomlProblem[] } {
  const document = parseToml(text)
  if ('problem' in document) return { problems: [document.problem] }
  const checked = checkAgainst(taskTomlSchema, document.value)
  return checked.problems
    ? { problems: checked.problems.map(({ path, message }) => ({ at: path, message })) }
    : { value: checked.value, problems: [] }
}

/** Reads TOML, with the line of what cannot be read. */
export function parseToml(text: string): { value: Record<string, unknown> } | { problem: TomlProblem } {
  try {
    return { value: parse(text.replaceAll('\r\n', '\n')) as Record<string, unknown> }
  } catch (error) {
    const { line, message } = error as { line?: number; message: string }
    return { problem: { ...(line === undefined ? {} : { line }), message: `not TOML: ${message.replace(/\.$/, '')}` } }
  }
}

/** `org/name`, as Harbor's packages are called. */
export const packageName: z.ZodString = z
  .string()
  .regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]*\/[a-zA-Z0-9][a-zA-Z0-9._-]*$/, { error: wordName })
  .refine((name) => !name.includes('..'), { error: wordName })

function wordName(issue: { input: unknown }): string {
  return `expected a name such as acme/checkout, got ${JSON.stringify(issue.input)}`
}

const env = z.record(z.string(), z.string())
const networkMode = z.enum(['no-network', 'public', 'allowlist'])
const user = z.union([z.string(), z.int()], { error: 'expected a user name or number' })
const phase = { network_mode: networkMode.exactOptional(), allowed_hosts: z.array(z.string()).exactOptional() }
const seconds = z.number().positive()

const healthcheck = z.looseObject({
  command: z.string(),
  interval_sec: z.number().default(5),
  timeout_sec: z.number().default(30),
  start_period_sec: z.number().default(0),
  start_interval_sec: z.number().default(5),
  retries: z.int().default(3),
})

const mcpServer = z
  .looseObject({
    name: z.string(),
    transport: z
      .enum(['stdio', 'sse', 'streamable-http', 'http'])
      .default('sse')
      .transform((transport) => (transport === 'http' ? 'streamable-http' : transport)),
    url: z.string().exactOptional(),
    command: z.string().exactOptional(),
    args: z.array(z.string()).default([]),
  })
  .superRefine((server, context) => {
    const wanted = server.transport === 'stdio' ? 'command' : 'url'
    if (server[wanted] === undefined) {
      context.addIssue({ code: 'custom', path: [wanted], message: `missing; ${server.transport} needs it` })
    }
  })

const artifact = z.union(
  [
    z.string(),
    z.looseObject({
      source: z.string(),
      destination: z.string().exactOptional(),
      exclude: z.array(z.string()).default([]),
      service: z.string().exactOptional(),
    }),
  ],
  { error: 'expected a path or { source, destination, exclude, service }' },
)

const environmentSchema = z
  .looseObject({
    network_mode: networkMode.exactOptional(),
    allowed_hosts: z.array(z.string()).exactOptional(),
    build_timeout_sec: seconds.default(600),
    docker_image: z.string().exactOptional(),
    os: z
      .string()
      .transform((name) => name.toLowerCase())
      .pipe(z.enum(['linux', 'windows']))
      .default('linux'),
    cpus: z.int().exactOptional(),
    memory_mb: z.int().exactOptional(),
    storage_mb: z.int().exactOptional(),
    gpus: z.int().exactOptional(),
    gpu_types: z.array(z.string()).exactOptional(),
    mcp_servers: z.array(mcpServer).default([]),
    env: env.default({}),
    skills_dir: z.string().exactOptional(),
    healthcheck: healthcheck.exactOptional(),
    workdir: z.string().exactOptional(),
    allow_internet: z.boolean().exactOptional(),
    memory: z.string().exactOptional(),
    storage: z.string().exactOptional(),
  })
  .transform((given, context) => {
    const { allow_internet, memory, storage, network_mode, ...rest } = given
    const byInternet = allow_internet === false ? 'no-network' : 'public'
    for (const [name, text] of Object.entries({ memory, storage })) {
      if (text === undefined) continue
      const megabytes = parseSize(text)
      const field = `${name}_mb` as const
      const current = rest[field]
      const fail = (message: string): void => context.addIssue({ code: 'custom', path: [name], message })
      if (megabytes === undefined) fail(`expected a size such as 2G, 512M or 1024K, got ${JSON.stringify(text)}`)
      else if (current !== undefined && current !== megabytes) fail(`expected what ${field} says, got ${text}`)
      else rest[field] = megabytes
    }
    return { ...rest, network_mode: network_mode ?? byInternet }
  })

const agentSchema = z.looseObject({ timeout_sec: seconds.exactOptional(), user: user.exactOptional(), ...phase })

const verifierSchema = z
  .looseObject({
    timeout_sec: seconds.default(600),
    env: env.default({}),
    user: user.exactOptional(),
    ...phase,
    environment_mode: z.enum(['shared', 'separate']).exactOptional(),
    environment: environmentSchema.exactOptional(),
    collect: z
      .array(
        z.looseObject({
          command: z.string(),
          service: z.string().default('main'),
          timeout_sec: seconds.default(60),
          user: user.exactOptional(),
        }),
      )
      .default([]),
  })
  .refine((verifier) => verifier.environment_mode !== 'shared' || verifier.environment === undefined, {
    path: ['environment'],
    error: 'expected none: environment_mode is "shared"',
  })

const stepSchema = z.looseObject({
  name: z.string().regex(/^[\w.-]+$/, { error: 'expected the name of a folder under steps/' }),
  agent: agentSchema.prefault({}),
  verifier: verifierSchema.prefault({}),
  min_reward: z
    .union([z.number(), z.record(z.string(), z.number())], { error: 'expected a number, or a number for each reward' })
    .exactOptional(),
  healthcheck: healthcheck.exactOptional(),
  artifacts: z.array(artifact).default([]),
})

export const taskTomlSchema: z.ZodType<TaskToml> = z
  .looseObject({
    schema_version: z.string().exactOptional(),
    version: z.string().exactOptional(),
    source: z.string().exactOptional(),
    multi_step_reward_strategy: z.enum(['mean', 'final']).exactOptional(),
    artifacts: z.array(artifact).default([]),
    task: z
      .looseObject({
        name: packageName,
        version: z.string().min(1).exactOptional(),
        description: z.string().default(''),
        authors: z.array(z.looseObject({ name: z.string(), email: z.string().exactOptional() })).default([]),
        keywords: z.array(z.string()).default([]),
      })
      .exactOptional(),
    metadata: z.record(z.string(), z.unknown()).default({}),
    agent: agentSchema.prefault({}),
    verifier: verifierSchema.prefault({}),
    environment: environmentSchema.prefault({}),
    solution: z.looseObject({ env: env.default({}) }).prefault({}),
    steps: z.array(stepSchema).default([]),
  })
  .transform(({ version, schema_version, ...rest }) => ({
    ...rest,
    schema_version: schema_version ?? version ?? '1.4',
  }))

/** Sizes of older schema versions, in whole megabytes. */
function parseSize(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([KMG])(?:i?B)?$/i.exec(text.trim())
  if (!match) return undefined
  const factor = { K: 1 / 1024, M: 1, G: 1024 }[match[2]?.toUpperCase() ?? '']
  return factor === undefined ? undefined : Math.trunc(Number(match[1]) * factor)
}
