/** Everything the gateway tells the recorder, which adds the time and the order. */
export type GatewayEvent =
  | GatewayOpened
  | SessionOpened
  | SessionClosed
  | ConnectionRefused
  | ClusterHandedOver
  | ToolCallStarted
  | ApiRequest
  | ToolCallFinished
  | AgentSubmitted
  | GatewayEnded

/** The gateway listens, with these tools. */
export interface GatewayOpened {
  type: 'gateway-opened'
  surface: string
  tools: ToolDefinition[]
}

/** A tool as the agent sees it in `tools/list`. */
export interface ToolDefinition {
  name: string
  title?: string
  description: string
  inputSchema: Record<string, unknown>
  outputSchema?: Record<string, unknown>
  annotations: ToolAnnotations
}

export interface ToolAnnotations {
  readOnlyHint?: boolean
  destructiveHint?: boolean
  idempotentHint?: boolean
  openWorldHint?: boolean
}

/** A client finished the MCP handshake. */
export interface SessionOpened {
  type: 'session-opened'
  session: string
  transport: 'http' | 'stdio'
  client: { name: string; version: string }
}

export interface SessionClosed {
  type: 'session-closed'
  session: string
}

/** Somebody knocked without the right to come in: at the MCP endpoint or at the relay to the API server. */
export interface ConnectionRefused {
  type: 'connection-refused'
  at: 'mcp' | 'relay'
  because: string
}

/** From here on tool calls reach the cluster. */
export interface ClusterHandedOver {
  type: 'cluster-handed-over'
}

export interface ToolCallStarted {
  type: 'tool-call-started'
  /** Unique in the trial: `call-1`, `call-2`, ... in the order of arrival; `call-2-1` in the second step of a task. */
  call: string
  session: string
  tool: string
  arguments: Record<string, unknown>
}

/**
 * One request that a call made to the API server. `auditId` was sent with it as its Audit-ID, so the audit log's
 * events of the same id are this request and no other.
 */
export interface ApiRequest {
  type: 'api-request'
  /** `server` for what an external MCP server asked outside any call. */
  call: string
  auditId: string
  method: string
  /** Path and query as sent to the API server. */
  path: string
  /** Missing when no answer came. */
  status?: number
  isUpgrade: boolean
  durationMs: number
  requestBytes: number
  responseBytes: number
  error?: string
}

export interface ToolCallFinished {
  type: 'tool-call-finished'
  call: string
  tool: string
  /** What the agent was given: the text of the result. */
  text: string
  structured?: Record<string, unknown>
  isError: boolean
  outcome: ToolCallOutcome
  /** The rule that a refused call broke: `another-server`, `local-file`, ... */
  refusedBy?: string
  exitCode?: number
  /** The command line that was really run, where one was. */
  argv?: string[]
  /** Bytes the program printed, of which `text` may hold a part. */
  stdoutBytes?: number
  stderrBytes?: number
  durationMs: number
}

/**
 * ran: the tool did what it was asked, well or badly. deadline: cut off with what it had. refused: it would have gone
 * around the gateway. invalid: the arguments made no sense. not-ready, over, too-many, budget: nothing was run.
 * cancelled: the client took the call back. broken: a fault of ours.
 */
export type ToolCallOutcome =
  | 'ran'
  | 'deadline'
  | 'refused'
  | 'invalid'
  | 'not-ready'
  | 'over'
  | 'too-many'
  | 'budget'
  | 'cancelled'
  | 'broken'

/** The agent says that it is done. */
export interface AgentSubmitted {
  type: 'agent-submitted'
  call: string
  summary: string
}

/** No tool call does anything any more. */
export interface GatewayEnded {
  type: 'gateway-ended'
  because: string
}
