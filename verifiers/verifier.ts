import type { z } from 'zod'
import type { CommandResult } from '../harness/base/command.ts'
import type { KubeClient } from '../harness/base/kube-client.ts'
import type { ClusterState } from '../harness/state/cluster-state.ts'

/**
 * What a check found. `unknown` is for what could not be looked at: it makes a trial invalid and is never passed or
 * failed. `because` is a sentence for people in all three cases.
 */
export interface Verdict {
  status: 'met' | 'not-met' | 'unknown'
  because: string
  /** What was seen, as JSON; the report shows it. */
  evidence?: unknown
}

/** What a check may look at: the live cluster as its admin, and the workspace; never the agent or the trial. */
export interface VerifyContext {
  client: KubeClient
  /** Runs a command in a container of a pod, as admin; without an exit code it did not end or never began. */
  execInPod(
    pod: { namespace: string; name: string; container?: string },
    argv: string[],
    options?: { timeoutMs?: number },
  ): Promise<CommandResult>
  /** Everything in the cluster before the agent began; undefined before the baseline is taken. */
  baseline: ClusterState | undefined
  /** The folder of a task with files to repair. */
  workspace: string | undefined
  /** The SHA-256 of each file of the workspace before the agent began, by its path. */
  workspaceBefore?: Readonly<Record<string, string>>
  /** When the agent was done; absent while it has not begun or still works. */
  agentEndedAt?: Date
  /** Runs a script of the task's tests folder, as the admin, in the trial's sandbox; absent where there is none. */
  runScript?(file: string, options?: { args?: readonly string[]; timeoutMs?: number }): Promise<CommandResult>
  signal: AbortSignal
}

/** One check of the library. It looks once; whoever runs it asks again until a deadline and over the stability window. */
export interface Verifier<P = unknown> {
  name: string
  /** What it checks, in one sentence, for `kubemend explain`. */
  summary: string
  params: z.ZodType<P>
  /** A line of contract.yaml that uses it. */
  example: string
  /** Mistakes that its verdict does not see, or why it looks the way it does; Markdown. */
  details?: string
  verify(params: P, context: VerifyContext): Promise<Verdict>
}

/** Defines a check; its parameters' type comes from its schema. */
export function defineVerifier<P>(verifier: Verifier<P>): Verifier {
  return verifier
}

export function met(because: string, evidence?: unknown): Verdict {
  return { status: 'met', because, ...(evidence === undefined ? {} : { evidence }) }
}

export function notMet(because: string, evidence?: unknown): Verdict {
  return { status: 'not-met', because, ...(evidence === undefined ? {} : { evidence }) }
}

export function unknown(because: string, evidence?: unknown): Verdict {
  return { status: 'unknown', because, ...(evidence === undefined ? {} : { evidence }) }
}

/** Tells a verdict from what was looked for: steps of a check answer either. */
export function isVerdict(found: unknown): found is Verdict {
  return typeof found === 'object' && found !== null && 'because' in found && typeof found.because === 'string'
}
