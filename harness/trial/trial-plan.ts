import type { Agent } from '../../agents/agent.ts'
import type { Cluster, Provider } from '../../environments/provider.ts'
import type { Verifier } from '../../verifiers/verifier.ts'
import type { PlannedTrial } from '../store/planned-trial.ts'
import type { TrialPlacement } from '../store/harbor-config.ts'
import type { TrialStore } from '../store/trial-store.ts'
import type { Task } from '../task/task.ts'
import type { BudgetLimits } from './budget.ts'
import type { PrepareOptions } from './prepare-cluster.ts'

/** Programs of this machine that a trial uses. */
export interface TrialPrograms {
  kubectl: string
  portal: string
}

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
  budget: BudgetLimits
  tools: 'kubectl' | 'typed'
  /** Our own version, for the record. */
  kubemend: string
  /** Where the broken world comes from, where that is not `prepareCluster`: a pool. */
  takeCluster?: (options: PrepareOptions) => Promise<Cluster>
  signal?: AbortSignal
  onPhase?: (phase: string) => void
}
