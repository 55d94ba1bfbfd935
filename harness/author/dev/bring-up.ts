import type { Cluster, CreateOptions } from '../../../environments/provider.ts'
import { KubeClient } from '../../base/kube-client.ts'
import type { Task } from '../../task/task.ts'
import { specOf, worldKey, type PrepareOptions } from '../../trial/prepare-cluster.ts'
import { TrialFault } from '../../trial/trial-fault.ts'
import { breakWorld, buildWorld, untilNothingLeaves, waitForSymptom, type WorldContext } from '../../trial/world.ts'

/** A cluster with the task's world in it; `complaint` says what is not as the task wants it, for the author to look at. */
export interface BroughtUp {
  cluster: Cluster
  complaint?: string
}

/** The task's world before anything broke it, from a snapshot where there is one. */
export async function bringUpHealthy(options: PrepareOptions): Promise<BroughtUp> {
  const { provider, name, task } = options
  const key = worldKey(healthyOf(task), provider)
  const create = createOptions(options)
  if (provider.capabilities.snapshots && (await provider.hasSnapshot(key)))
    return { cluster: await provider.restore(key, name, create) }
  const cluster = await provider.create(specOf(task, name), create)
  const complaint = await orDestroy(cluster, () => complaintOf(options, cluster, buildWorld))
  if (complaint !== undefined || !provider.capabilities.snapshots)
    return { cluster, ...(complaint === undefined ? {} : { complaint }) }
  // a snapshot ends the cluster that it is of
  await orDestroy(cluster, () => cluster.snapshot(key))
  await cluster.destroy()
  return { cluster: await provider.restore(key, name, create) }
}

/** The task's broken world: as `run` and `check` prepared it, or a healthy one that is broken now. */
export async function bringUpBroken(options: PrepareOptions): Promise<BroughtUp> {
  const { provider, task, name } = options
  const key = worldKey(task, provider)
  if (provider.capabilities.snapshots && (await provider.hasSnapshot(key)))
    return { cluster: await provider.restore(key, name, createOptions(options)) }
  const healthy = await bringUpHealthy(options)
  if (healthy.complaint !== undefined) return healthy
  const { cluster } = healthy
  const complaint = await orDestroy(cluster, () => breakHealthy(options, cluster))
  return { cluster, ...(complaint === undefined ? {} : { complaint }) }
}

/** Applies the fault and waits until it shows; answers what is not as it should be. */
export function breakHealthy(options: PrepareOptions, cluster: Cluster): Promise<string | undefined> {
  return complaintOf(options, cluster, async (at) => {
    await breakWorld(at)
    await waitForSymptom(at)
    await untilNothingLeaves(at)
  })
}

function healthyOf(task: Task): Task {
  const { contract } = task
  return { ...task, fault: [], contract: contract && { ...contract, symptom: [] } }
}

/** What a task is to blame for is what its author came to see; anything else is thrown. */
async function complaintOf(
  { task, verifiers, programs, signal }: PrepareOptions,
  cluster: Cluster,
  step: (at: WorldContext) => Promise<void>,
): Promise<string | undefined> {
  using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
  try {
    await step({ task, verifiers, programs, signal, cluster, client })
    return undefined
  } catch (error) {
    if (error instanceof TrialFault && !signal.aborted) return error.message
    throw error
  }
}

async function orDestroy<T>(cluster: Cluster, step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    await cluster.destroy()
    throw error
  }
}

function createOptions({ signal, onProgress }: PrepareOptions): CreateOptions {
  return { owner: 'this-process', signal, ...(onProgress ? { onProgress } : {}) }
}
