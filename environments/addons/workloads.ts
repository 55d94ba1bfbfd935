import { KubeError, type KubeClient, type KubeObject } from '../../harness/base/kube-client.ts'

/** What a Deployment lacks to be fully available, or undefined when it lacks nothing. */
export async function deploymentLacks(
  client: KubeClient,
  namespace: string,
  name: string,
): Promise<string | undefined> {
  const found = await client.find<Deployment>(`/apis/apps/v1/namespaces/${namespace}/deployments/${name}`)
  if (!found) return `deployment ${name} is not there`
  const wanted = found.spec?.replicas ?? 1
  const { observedGeneration = 0, updatedReplicas = 0, availableReplicas = 0 } = found.status ?? {}
  const isSeen = observedGeneration >= (found.metadata.generation ?? 0)
  if (isSeen && updatedReplicas >= wanted && availableReplicas >= wanted) return undefined
  return `deployment ${name} has ${availableReplicas} of ${wanted} pods available`
}

/** What a DaemonSet lacks to run on every node that it is for. */
export async function daemonSetLacks(client: KubeClient, namespace: string, name: string): Promise<string | undefined> {
  const found = await client.find<DaemonSet>(`/apis/apps/v1/namespaces/${namespace}/daemonsets/${name}`)
  if (!found) return `daemon set ${name} is not there`
  const {
    observedGeneration = 0,
    desiredNumberScheduled = 0,
    updatedNumberScheduled = 0,
    numberReady = 0,
  } = found.status ?? {}
  const isSeen = observedGeneration >= (found.metadata.generation ?? 0)
  const isDone = desiredNumberScheduled > 0 && Math.min(updatedNumberScheduled, numberReady) >= desiredNumberScheduled
  if (isSeen && isDone) return undefined
  return `daemon set ${name} is ready on ${numberReady} of ${desiredNumberScheduled} nodes`
}

/** Runs a question whose refusal only means that the answer is not there yet. */
export async function unlessRefused<T>(question: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await question()
  } catch (error) {
    if (error instanceof KubeError) return otherwise
    throw error
  }
}

interface Deployment extends KubeObject {
  spec?: { replicas?: number }
  status?: { observedGeneration?: number; updatedReplicas?: number; availableReplicas?: number }
}

interface DaemonSet extends KubeObject {
  status?: {
    observedGeneration?: number
    desiredNumberScheduled?: number
    updatedNumberScheduled?: number
    numberReady?: number
  }
}
