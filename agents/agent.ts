import type { AgentMessage, Prompt } from '../harness/record/events.ts'

/** What an agent gets: the story, and the gateway's address. Nothing else of the trial. */
export interface AgentTask {
  instruction: string
  /** The MCP server over streamable HTTP, with the bearer token it wants. */
  mcp: { url: string; token: string }
  /** Where the agent may keep files of its own; kept as evidence. */
  logDir: string
}

/** What only agents that are not models need: a script's world, a recorded trajectory. */
export interface AgentExtras {
  /**
   * Runs a script where a Harbor script expects to run, with the agent's own identity: /app, /solution, kubectl.
   * Each run is one recorded call.
   */
  runScript(script: { file: string; mounts: Record<string, string>; env: Record<string, string> }): Promise<{
    exitCode: number | undefined
    stdout: string
    stderr: string
    isTimedOut: boolean
  }>
  /** The task's solution folder. */
  solutionDir: string | undefined
}

export interface AgentEnd {
  reason: 'submitted' | 'finished' | 'error'
  because?: string
}

export interface AgentContext {
  signal: AbortSignal
  /** Says what the agent was told and what it said; tool calls are recorded by the gateway. */
  record: (event: Prompt | AgentMessage) => void
  extras: AgentExtras
}

/** Whoever repairs. Running out of budget aborts the signal; what the agent does wrong is in its end, not thrown. */
export interface Agent {
  readonly name: string
  readonly version: string
  readonly model?: string
  /** Whether its steps come from a model. */
  readonly usesModel: boolean
  run(task: AgentTask, context: AgentContext): Promise<AgentEnd>
}
