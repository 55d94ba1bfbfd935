import type { AgentMessage, Prompt } from '../harness/record/events.ts'

/** What an agent gets: the story, and the gateway's address. Nothing else of the trial. */
export interface AgentTask {
  instruction: string
  /** The MCP server over streamable HTTP, with the bearer token it wants. */
  mcp: { url: string; token: string }
  /** What it may spend; it is told, and ended when something of it is spent. */
  budget: AgentBudget
  /** Where the agent may keep files of its own; kept as evidence. */
  logDir: string
}

/** A task that wants one answer. */
export interface AgentQuestion {
  /** The task's name. */
  task: string
  instruction: string
}

/** What an agent may spend in a trial. */
export interface AgentBudget {
  timeMs: number
  toolCalls: number
  /** Answers of its model. */
  steps?: number
  /** Input and output of its model together. */
  tokens?: number
  /** US dollars, where prices are known. */
  usd?: number
}

/** What only agents that are not models need: a script's world, a recorded trajectory. */
export interface AgentExtras {
  /**
   * Runs a script where a Harbor script expects to run, with the agent's own identity: /app, /solution, kubectl.
   * Each run is one recorded call.
   */
  runScript(script: {
    file: string
    mounts: Record<string, string>
    /** Mounts whose files it may change. */
    writable?: Record<string, string>
    env: Record<string, string>
  }): Promise<{
    exitCode: number | undefined
    stdout: string
    stderr: string
    isTimedOut: boolean
  }>
  /** The task's solution folder. */
  solutionDir: string | undefined
  /** The reference answer of a task that wants one answer. */
  reference?: string
  /** Runs a program that sees nothing of this machine but the system's programs, what is mounted, and these ports. */
  runConfined(program: {
    argv: readonly string[]
    mounts: { from: string; to: string; isWritable?: boolean }[]
    env: Record<string, string>
    cwd: string
    programs?: Record<string, string>
    /** Ports of this machine's loopback, the gateway's among them, that are ports of its own loopback. */
    ports: readonly number[]
    stdin?: string
    onLine?: (line: string) => void
  }): Promise<{ exitCode: number | undefined; stdout: string; stderr: string; isTimedOut: boolean }>
}

/**
 * submitted, finished: it is done, well or badly. error: it broke. provider: whoever serves its model failed, which says
 * nothing about the agent.
 */
export interface AgentEnd {
  reason: 'submitted' | 'finished' | 'error' | 'provider'
  because?: string
  /** What kind of failure, as Harbor's class names have it. */
  errorType?: string
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
  /** Whether it records what it was told by itself, in the order in which its model hears it. */
  readonly recordsPrompts?: boolean
  /** What must stand in no record: its keys. */
  readonly secrets?: readonly string[]
  run(task: AgentTask, context: AgentContext): Promise<AgentEnd>
  /**
   * Answers a task that wants one answer, in one message and without tools. Whoever has no such way is run like for any
   * other task, with a gateway that only lets it look, and its last message is its answer.
   */
  answer?(question: AgentQuestion, context: AgentContext): Promise<AgentEnd & { answer?: string }>
}
