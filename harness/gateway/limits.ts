/** What a trial's gateway allows; every number can be set by whoever starts the trial. */
export interface GatewayLimits {
  /** A call that should answer at once. */
  callMs: number
  /** A call that watches without end: `get -w`, `logs -f`, `events -w`. */
  followMs: number
  /** A call that waits for something: `wait`, `rollout status`, `exec`, `delete`, `drain`. */
  waitMs: number
  /** How long a call made before the cluster is handed over waits for it. */
  handOverMs: number
  /** Bytes of stdout given back. */
  stdoutBytes: number
  /** Bytes of stderr given back. */
  stderrBytes: number
  /** Bytes of stdin taken. */
  stdinBytes: number
  /** Calls that run at once; further ones queue. */
  concurrentCalls: number
  /** Calls that may queue; further ones are turned away. */
  queuedCalls: number
  /** Calls of a trial, `submit` aside; undefined for no limit. */
  totalCalls: number | undefined
  /** MCP sessions open at once. */
  sessions: number
}

export const defaultLimits: GatewayLimits = {
  callMs: 50_000,
  followMs: 15_000,
  waitMs: 50_000,
  handOverMs: 30_000,
  stdoutBytes: 32_000,
  stderrBytes: 8_000,
  stdinBytes: 2 * 1024 * 1024,
  concurrentCalls: 8,
  queuedCalls: 64,
  totalCalls: undefined,
  sessions: 64,
}
