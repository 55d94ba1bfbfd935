import type { ClusterFile } from './cluster-file.ts'
import type { Contract } from './contract.ts'
import type { Digest } from './digest.ts'
import type { TaskToml } from './harbor-task.ts'
import type { DeclaredKind, Difficulty, KubemendMetadata } from './kubemend-metadata.ts'
import type { ManifestPart } from './manifest-spec.ts'
import type { FaultStep, Manifest } from './manifests.ts'
import type { AgentPermissions } from './permissions.ts'

/** `harbor` is a task that somebody else wrote, with nothing under `[metadata.kubemend]`. */
export type TaskKind = DeclaredKind | 'harbor'

/** One task, read and found to be in order. */
export interface Task {
  /** `core/checkout-lost-its-orders`; the folder's name alone where there is no dataset. */
  id: string
  /** Harbor's name for it: `[task].name`, else the folder's name. */
  name: string
  /** The folder's name of the dataset that it lies in. */
  dataset: string | undefined
  /** The folder, absolute. */
  dir: string
  digest: Digest
  kind: TaskKind
  difficulty: Difficulty | undefined
  category: string | undefined
  tags: string[]
  /** What the agent is told, without the canary. Empty for a task of several steps. */
  instruction: string
  toml: TaskToml
  /** What stands under `[metadata.kubemend]`. */
  metadata: KubemendMetadata | undefined
  /** What cluster it needs; undefined when it needs none. */
  cluster: ClusterFile | undefined
  world: Manifest[]
  fault: FaultStep[]
  /** The namespaces that the task is about, without the cluster's own. */
  namespaces: string[]
  /** Every image that world, fault and solutions name: what must be on the nodes before the trial. */
  images: string[]
  /** What the agent may do. */
  permissions: AgentPermissions
  /** Undefined when a script of the task's own judges it. */
  contract: Contract | undefined
  /** The folder with the files to repair, absolute; its content lies in /app. */
  workspace: string | undefined
  /** Scripts, as paths from the task's folder. */
  solution: Solution
  /** The steps of Harbor's multi-step tasks, in order. */
  steps: TaskStep[]
  /** What a task of kind manifest asks for. */
  manifest?: ManifestPart
}

export interface Solution {
  /** The oracle. */
  solve: string | undefined
  /** Other correct repairs. */
  alternatives: string[]
  /** Repairs that make the symptom go away and break what was to be kept. */
  unsafe: string[]
}

export interface TaskStep {
  name: string
  instruction: string
}
