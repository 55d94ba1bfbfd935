import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Cluster, ClusterSpec, Provider } from '../../environments/provider.ts'
import { keyOf } from '../base/cache.ts'
import { KubeClient } from '../base/kube-client.ts'
import type { Verifier } from '../../verifiers/verifier.ts'
import { clusterSpecOf, parseClusterFile, type ClusterFile } from '../task/cluster-file.ts'
import type { Check } from '../task/contract.ts'
import type { Task } from '../task/task.ts'
import { breakWorld, buildWorld, untilNothingLeaves, waitForSymptom } from './world.ts'
import type { TrialPrograms } from './trial-plan.ts'
import { TrialFault } from './trial-fault.ts'

export interface PrepareOptions {
  task: Task
  provider: Provider
  name: string
  verifiers: Readonly<Record<string, Verifier>>
  programs: TrialPrograms
  signal: AbortSignal
  onProgress?: (line: string) => void
}

/**
 * A cluster with the task's world in it, broken. Where the provider can, it is made once, kept, and restored for each
 * trial, so that all trials of a task begin the same; the key is everything that the world is made from.
 */
export async function prepareCluster(options: PrepareOptions): Promise<Cluster> {
  const { provider, task, name } = options
  const create = {
    owner: 'this-process' as const,
    signal: options.signal,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  }
  if (!provider.capabilities.snapshots) return makeBroken(options, name)
  const key = worldKey(task, provider)
  while (!(await provider.hasSnapshot(key))) {
    // of several that want the same world at once, one builds it and the others wait for its snapshot
    const other = building.get(key)
    if (other) {
      await other.catch(() => undefined)
      options.signal.throwIfAborted()
      continue
    }
    const own = buildSnapshot(options, key).finally(() => building.delete(key))
    building.set(key, own)
    await own
  }
  return provider.restore(key, name, create)
}

const building = new Map<string, Promise<void>>()

async function buildSnapshot(options: PrepareOptions, key: string): Promise<void> {
  const first = await makeBroken(options, `${options.name}-new`)
  try {
    await first.snapshot(key)
  } finally {
    await first.destroy()
  }
}

/** Names a task's prepared world: one changed byte of what it is made from, or was proven with, makes another. */
export function worldKey(task: Task, provider: Pick<Provider, 'name'>): string {
  const { images, world, fault, contract } = task
  return keyOf({
    format: 3,
    healthy: contract?.healthy.map((check) => questionOf(check, task)),
    symptom: contract?.symptom.map((check) => questionOf(check, task)),
    provider: provider.name,
    cluster: clusterFileOf(task),
    images,
    world: world.map(({ object }) => object),
    fault: fault.map((step) =>
      step.kind === 'script' ? step.text : step.changes.map(({ action, object }) => ({ action, object })),
    ),
  })
}

/** What a check asks, with the script that it runs. */
function questionOf({ verifier, params }: Check, { dir }: Task): unknown[] {
  const { file } = params as { file?: unknown }
  const isScript = verifier === 'script' && typeof file === 'string'
  return [verifier, params, ...(isScript ? [readFileSync(path.join(dir, 'tests', file), 'utf8')] : [])]
}

/** What cluster the task wants. */
export function specOf(task: Task, name: string): ClusterSpec {
  const file = clusterFileOf(task)
  return clusterSpecOf(file, name, [...new Set([...file.images, ...task.images])])
}

async function makeBroken(options: PrepareOptions, name: string): Promise<Cluster> {
  const { provider, task, signal } = options
  const cluster = await provider.create(specOf(task, name), {
    owner: 'this-process',
    signal,
    ...(options.onProgress ? { onProgress: options.onProgress } : {}),
  })
  try {
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    const at = { task, client, cluster, verifiers: options.verifiers, programs: options.programs, signal }
    await buildWorld(at)
    options.onProgress?.('the world is healthy')
    await breakWorld(at)
    await waitForSymptom(at)
    options.onProgress?.('the fault shows')
    await untilNothingLeaves(at)
    return cluster
  } catch (error) {
    await cluster.destroy()
    throw error
  }
}

function clusterFileOf(task: Task): ClusterFile {
  const file = task.cluster ?? task.manifest?.cluster
  if (file) return file
  const { value } = parseClusterFile({})
  if (!value) throw new TrialFault('task', 'no-cluster', `${task.id} asks for no cluster`)
  return value
}
