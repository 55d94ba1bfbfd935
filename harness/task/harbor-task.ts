/**
 * Harbor's task.toml, read leniently: any schema version, unknown keys kept, older spellings brought to today's.
 * The field names are Harbor's own.
 */
export interface TaskToml {
  schema_version: string
  source?: string
  multi_step_reward_strategy?: 'mean' | 'final'
  artifacts: HarborArtifact[]
  task?: HarborPackage
  metadata: Record<string, unknown>
  agent: HarborAgent
  verifier: HarborVerifier
  environment: HarborEnvironment
  solution: { env: Record<string, string> }
  steps: HarborStep[]
  [unknown: string]: unknown
}

export interface HarborPackage {
  name: string
  version?: string
  description: string
  authors: { name: string; email?: string }[]
  keywords: string[]
}

export type HarborArtifact = string | { source: string; destination?: string; exclude: string[]; service?: string }
export type NetworkMode = 'no-network' | 'public' | 'allowlist'

export interface HarborAgent {
  /** Without one, the agent has all the time it wants. */
  timeout_sec?: number
  user?: string | number
  network_mode?: NetworkMode
  allowed_hosts?: string[]
}

export interface HarborVerifier {
  timeout_sec: number
  env: Record<string, string>
  user?: string | number
  network_mode?: NetworkMode
  allowed_hosts?: string[]
  environment_mode?: 'shared' | 'separate'
  environment?: HarborEnvironment
  collect: { command: string; service: string; timeout_sec: number; user?: string | number }[]
}

export interface HarborEnvironment {
  network_mode: NetworkMode
  allowed_hosts?: string[]
  build_timeout_sec: number
  docker_image?: string
  os: 'linux' | 'windows'
  cpus?: number
  memory_mb?: number
  storage_mb?: number
  gpus?: number
  gpu_types?: string[]
  mcp_servers: HarborMcpServer[]
  env: Record<string, string>
  skills_dir?: string
  healthcheck?: HarborHealthcheck
  workdir?: string
  [unknown: string]: unknown
}

export interface HarborMcpServer {
  name: string
  transport: 'stdio' | 'sse' | 'streamable-http'
  url?: string
  command?: string
  args: string[]
}

export interface HarborHealthcheck {
  command: string
  interval_sec: number
  timeout_sec: number
  start_period_sec: number
  start_interval_sec: number
  retries: number
}

export interface HarborStep {
  name: string
  agent: HarborAgent
  verifier: HarborVerifier
  min_reward?: number | Record<string, number>
  healthcheck?: HarborHealthcheck
  artifacts: HarborArtifact[]
}
