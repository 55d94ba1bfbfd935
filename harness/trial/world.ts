import { waitForAll, isPodSettled } from '../../environments/wait-ready.ts'
import type { Cluster } from '../../environments/provider.ts'
import { askAll, runChecks } from '../../verifiers/run-checks.ts'
import type { Verifier, VerifyContext } from '../../verifiers/verifier.ts'
import { KubeError, type KubeClient, type KubeObject } from '../base/kube-client.ts'
import { sleep } from '../base/clock.ts'
import { until } from '../base/retry.ts'
import type { FaultChange } from '../task/manifests.ts'
import type { Task } from '../task/task.ts'
import { runAdminScript } from './run-admin-script.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialPrograms } from './trial-plan.ts'
import { verifyContext } from './verify-context.ts'

export interface WorldContext {
  task: Task
  client: KubeClient
  cluster: Cluster
  verifiers: Readonly<Record<string, Verifier>>
  programs: TrialPrograms
  signal: AbortSignal
}

/** Applies the healthy world in order and waits until it is healthy. */
export async function buildWorld(at: WorldContext): Promise<void> {
  for (const { object, file, line } of at.task.world) {
    await accept(() => at.client.apply(object), `${file}:${line} ${object.kind}/${object.metadata.name}`)
  }
  for (const namespace of at.task.namespaces) {
    const pods = `/api/v1/namespaces/${namespace}/pods`
    const atLeast = expectedPods(at.task, namespace)
    // a watch tells nothing of a namespace that has nothing
    if (atLeast === 0 && (await at.client.list(pods)).length === 0) continue
    await waitForAll(at.client, pods, {
      what: `the world's pods in ${namespace} to be Ready`,
      timeoutMs: healthyWithinMs,
      atLeast,
      isDone: isPodSettled,
      signal: at.signal,
    }).catch((error: unknown) => {
      throw new TrialFault('task', 'world-unhealthy', (error as Error).message, error)
    })
  }
  const { contract } = at.task
  if (!contract || contract.healthy.length === 0) return
  const verdicts = await runChecks(contract.healthy, context(at), {
    library: at.verifiers,
    withinMs: healthyWithinMs,
    stableForMs: 0,
  })
  const missing = verdicts.find((verdict) => verdict.status !== 'met')
  if (missing)
    throw new TrialFault(
      'task',
      'world-unhealthy',
      `before the fault, ${missing.at} ${missing.verifier}: ${missing.because}`,
    )
}

/** Applies the fault: patches, objects, deletions and scripts, in order, as the admin. */
export async function breakWorld(at: WorldContext): Promise<void> {
  for (const step of at.task.fault) {
    if (step.kind === 'script') await runFaultScript(at, step.file)
    else for (const change of step.changes) await applyChange(at.client, change)
  }
}

/** Waits until the fault shows: its symptom is there, or the outcome is not met any more. */
export async function waitForSymptom(at: WorldContext): Promise<void> {
  const { contract } = at.task
  if (!contract) return
  if (contract.symptom.length > 0) {
    const verdicts = await runChecks(contract.symptom, context(at), {
      library: at.verifiers,
      withinMs: symptomWithinMs,
      stableForMs: 0,
    })
    const missing = verdicts.find((verdict) => verdict.status !== 'met')
    if (missing)
      throw new TrialFault(
        'task',
        'no-symptom',
        `the fault does not show: ${missing.at} ${missing.verifier}: ${missing.because}`,
      )
  }
  await until(
    async () =>
      (await askAll(contract.outcome, context(at), at.verifiers)).some((verdict) => verdict.status === 'not-met'),
    {
      what: 'the fault to show in the outcome checks',
      timeoutMs: symptomWithinMs,
      intervalMs: 500,
      signal: at.signal,
    },
  ).catch((error: unknown) => {
    throw new TrialFault('task', 'not-broken', `the task is not broken: ${(error as Error).message}`, error)
  })
}

/** Waits for pods that are being deleted to be gone, for a while: some faults are that they never are. */
export async function untilNothingLeaves(at: WorldContext): Promise<void> {
  const leaving = async (namespace: string): Promise<boolean> =>
    (await at.client.list(`/api/v1/namespaces/${namespace}/pods`)).some((pod) => pod.metadata.deletionTimestamp)
  const deadline = Date.now() + leavingWithinMs
  while ((await Promise.all(at.task.namespaces.map(leaving))).includes(true)) {
    if (Date.now() > deadline) return
    await sleep(200, at.signal)
  }
}

const leavingWithinMs = 40_000
const healthyWithinMs = 120_000
const symptomWithinMs = 120_000

function context({ client, cluster, programs, task, signal }: WorldContext): VerifyContext {
  return verifyContext({ client, cluster, programs, taskDir: task.dir, signal })
}

/** A kind that was just defined is served a moment later, and a webhook's pod may not listen yet. */
async function accept(apply: () => Promise<unknown>, what: string): Promise<void> {
  await until(async () => (await apply(), true), {
    what: `the cluster to accept ${what}`,
    timeoutMs: 30_000,
    intervalMs: 200,
    isTransient: (error) =>
      error instanceof KubeError && (error.status === 404 || error.status === 500 || error.status === 429),
  }).catch((error: unknown) => {
    throw new TrialFault('task', 'world-refused', `${what}: ${(error as Error).message}`, error)
  })
}

/** Pods that a namespace's workloads want, so that an empty namespace is not taken for a healthy one. */
function expectedPods(task: Task, namespace: string): number {
  return task.world.reduce((sum, { object }) => {
    if ((object.metadata.namespace ?? 'default') !== namespace) return sum
    const spec = (object['spec'] ?? {}) as { replicas?: number }
    if (object.kind === 'Pod' || object.kind === 'DaemonSet' || object.kind === 'Job') return sum + 1
    return object.kind === 'Deployment' || object.kind === 'StatefulSet' ? sum + (spec.replicas ?? 1) : sum
  }, 0)
}

async function applyChange(client: KubeClient, change: FaultChange): Promise<void> {
  const what = `${change.file}:${change.line} ${change.object.kind}/${change.object.metadata.name}`
  if (change.action === 'create') return accept(() => client.apply(change.object), what)
  await accept(async () => {
    const objectPath = await client.pathOf(change.object)
    if (change.action === 'delete') return client.delete(objectPath)
    return patch(client, objectPath, change.object)
  }, what)
}

/** Strategic merge where the kind knows it; custom resources take a merge patch. */
async function patch(client: KubeClient, objectPath: string, object: KubeObject): Promise<unknown> {
  try {
    return await client.patch(objectPath, object, { contentType: 'application/strategic-merge-patch+json' })
  } catch (error) {
    if (!(error instanceof KubeError && error.status === 415)) throw error
    return client.patch(objectPath, object)
  }
}

async function runFaultScript(at: WorldContext, file: string): Promise<void> {
  const result = await runAdminScript({
    file,
    taskDir: at.task.dir,
    mountedAt: '/fault',
    kubeconfig: at.cluster.kubeconfig,
    programs: at.programs,
    timeoutMs: 120_000,
    signal: at.signal,
  })
  if (result.exitCode === 0) return
  const said = (result.stderr || result.stdout).trim().split('\n').slice(-3).join('; ')
  throw new TrialFault(
    'task',
    'fault-failed',
    `${file} ${result.isTimedOut ? 'ran out of time' : `exited with ${result.exitCode}`}: ${said}`,
  )
}
