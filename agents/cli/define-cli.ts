import type { AgentMessage } from '../../harness/record/events.ts'

/** Somebody else's agent that is started as a program. */
export interface CliDefinition {
  readonly name: string
  readonly maker: string
  readonly install: NpmInstall | FoundProgram
  /** The API that its model is behind. */
  readonly api: ModelApi
  /** What it asks for when nobody named a model. */
  readonly defaultModel?: string
  /** How it is configured and started; paths in `files` are in its home directory. */
  launch(setup: CliSetup): CliLaunch
  /** Its own output as messages, for programs whose API we cannot read along. */
  readTranscript?(stdout: string): AgentMessage[]
}

/** From npm, in one version, into the cache. */
export interface NpmInstall {
  kind: 'npm'
  package: string
  version: string
  bin: string
}

/** A program that the user installs. */
export interface FoundProgram {
  kind: 'program'
  program: string
  /** How one gets it, for people. */
  how: string
}

export interface ModelApi {
  /** For prices and records: `anthropic`. */
  provider: string
  /** Without the user's `--base-url`; undefined where there is no such default. */
  baseUrl: string | undefined
  /** What begins the path of its requests and stands for the base URL. */
  prefix: string
  /** Environment variables that may hold the key, the first the one people are told of; none for a program of one's own. */
  keys: readonly string[]
}

export interface CliSetup {
  model: string | undefined
  effort: string | undefined
  prompt: string
  mcp: { url: string; token: string }
  /** The model's API as the program reaches it. */
  api: { url: string; origin: string; key: string }
  /** Its own, writable and empty but for `files`. */
  home: string
  /** Of the `command` agent. */
  program: string | undefined
}

export interface CliLaunch {
  args: readonly string[]
  env?: Record<string, string>
  files?: Record<string, string>
  stdin?: string
}

/** How the gateway is called in a program's configuration. */
export const serverName = 'cluster'
/** A tool call may take as long as the gateway lets it, and a little longer. */
export const toolTimeoutMs = 120_000

export function defineCli(definition: CliDefinition): CliDefinition {
  return definition
}

export function json(document: unknown): string {
  return `${JSON.stringify(document, undefined, 2)}\n`
}

/** The gateway as most programs want to be told of it; some have another name for its address. */
export function mcpServers(
  mcp: CliSetup['mcp'],
  more: Record<string, unknown> = {},
  address: 'url' | 'httpUrl' = 'url',
): Record<'mcpServers', Record<string, unknown>> {
  return { mcpServers: { [serverName]: { [address]: mcp.url, headers: headersOf(mcp), ...more } } }
}

export function headersOf({ token }: CliSetup['mcp']): Record<string, string> {
  return { Authorization: `Bearer ${token}` }
}
