import type { Agent, AgentBudget } from '../../agents/agent.ts'
import type { Cluster, Provider } from '../../environments/provider.ts'
import type { Verifier } from '../../verifiers/verifier.ts'
import type { PlannedTrial } from '../store/planned-trial.ts'
import type { GatewayLimits } from '../gateway/limits.ts'
import type { TrialPlacement } from '../store/harbor-config.ts'
import type { TrialStore } from '../store/trial-store.ts'
import type { Task } from '../task/task.ts'
import type { Purse } from './budget.ts'
import type { FoundDocker } from './foreign/docker.ts'
import type { PrepareOptions } from './prepare-cluster.ts'
import type { SharedCluster } from './run-manifest.ts'

/** Programs of this machine that a trial uses. */
export interface TrialPrograms {
  kubectl: string
  portal: string
  /** Finds Docker, for tasks without a cluster. */
  findDocker?: () => Promise<FoundDocker>
}

/**
 * How long probes wait for the outcome: `always` the contract's time, also where nobody did anything, since a world may
 * heal by itself; or `until-harm`, no longer than nothing protected is broken.
 */
export type Patience = 'always' | 'until-harm'

/** Everything it takes to run one trial. */
export interface TrialPlan {
  id: string
  planned: PlannedTrial
  placed: TrialPlacement
  task: Task
  agent: Agent
  provider: Provider
  store: TrialStore
  verifiers: Readonly<Record<string, Verifier>>
  programs: TrialPrograms
  budget: AgentBudget
  /** What the job may spend, this trial included. */
  purse?: Purse
  tools: 'kubectl' | 'typed'
  /** The command line of an MCP server whose tools the agent gets in place of ours. */
  mcpServer?: readonly string[]
  gatewayLimits?: Partial<GatewayLimits>
  /** Images that a foreign task names and that are not to be there: they are part of its fault. */
  absentImages?: readonly string[]
  /** How many times as long the limits of time of a foreign task are. */
  timeouts?: TimeoutMultipliers
  /** A foreign task's reward counts only where everything else was preserved. */
  isStrict?: boolean
  patience?: Patience
  /** Our own version, for the record. */
  kubemend: string
  /** Where the broken world comes from, where that is not `prepareCluster`: a pool. */
  takeCluster?: (options: PrepareOptions) => Promise<Cluster>
  /** Where tasks that only need a namespace find a cluster. */
  shareCluster?: (task: Task) => Promise<SharedCluster>
  signal?: AbortSignal
  onPhase?: (phase: string) => void
}

/** What the limits of time of somebody else's task are multiplied by: all of them, and in its place those of a phase. */
export interface TimeoutMultipliers {
  all?: number
  agent?: number
  verifier?: number
  /** Whatever is made before the agent begins: images, services, a step's setup. */
  environment?: number
}

/** As in Harbor, the figure of a phase stands in the place of the one for all. */
export function multiplierOf(
  { timeouts = {} }: { timeouts?: TimeoutMultipliers },
  phase: Exclude<keyof TimeoutMultipliers, 'all'>,
): number {
  return timeouts[phase] ?? timeouts.all ?? 1
}
