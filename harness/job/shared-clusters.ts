import type { Cluster, ClusterSpec, Provider } from '../../environments/provider.ts'
import { keyOf } from '../base/cache.ts'
import { KubeClient } from '../base/kube-client.ts'
import { evaluationAudit } from '../manifest/site/evaluation-audit.ts'
import { prepareEvaluation } from '../manifest/site/evaluation-identity.ts'
import type { Task } from '../task/task.ts'
import { specOf } from '../trial/prepare-cluster.ts'
import type { SharedCluster } from '../trial/run-manifest.ts'

/** Clusters that trials of a job share, because each of them keeps to a namespace of its own. */
export interface SharedClusters extends AsyncDisposable {
  /** The cluster for a task, made when it is first asked for. */
  for(task: Task): Promise<SharedCluster>
}

/** What cluster answers to a task are judged in. */
function sharedSpec(task: Task, name: string): ClusterSpec {
  return { ...specOf(task, name), auditPolicy: evaluationAudit }
}

export function createSharedClusters(options: { provider: Provider; signal: AbortSignal }): SharedClusters {
  const clusters = new Map<string, Promise<SharedCluster & { end(): Promise<void> }>>()
  const make = async (task: Task, name: string): Promise<SharedCluster & { end(): Promise<void> }> => {
    const create = { owner: 'this-process' as const, signal: options.signal }
    const cluster: Cluster = await options.provider.create(sharedSpec(task, name), create)
    try {
      const client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
      await prepareEvaluation(client)
      const end = async (): Promise<void> => {
        client[Symbol.dispose]()
        await cluster.destroy()
      }
      return { cluster, client, end }
    } catch (error) {
      await cluster.destroy()
      throw error
    }
  }
  return {
    for(task) {
      const { name: _, ...spec } = sharedSpec(task, 'shared')
      const key = keyOf(spec)
      let cluster = clusters.get(key)
      if (!cluster) {
        cluster = make(task, `t${process.pid}-shared-${clusters.size + 1}`)
        clusters.set(key, cluster)
        cluster.catch(() => clusters.delete(key))
      }
      return cluster
    },
    async [Symbol.asyncDispose]() {
      const made = await Promise.allSettled(clusters.values())
      await Promise.all(made.flatMap((one) => (one.status === 'fulfilled' ? [one.value.end()] : [])))
    },
  }
}
