import type { Provider } from '../../environments/provider.ts'
import { KubemendError } from '../base/errors.ts'
import { hasCluster } from '../harbor/container-plan.ts'
import { isForeign } from '../harbor/foreign-plan.ts'
import type { Task } from '../task/task.ts'

export const noProviderName = 'none'

/** Whether nothing of these tasks runs in a cluster: their files are a workspace, or they run in Docker. */
export async function needNoCluster(tasks: readonly Task[]): Promise<boolean> {
  for (const task of tasks) {
    if (isForeign(task) ? await hasCluster(task) : task.cluster !== undefined || task.manifest !== undefined)
      return false
  }
  return tasks.length > 0
}

/** Stands in for a provider where no task asks for a cluster, so that a machine that can have none runs them, too. */
export function createNoProvider(): Provider {
  const refuse = (): Promise<never> =>
    Promise.reject(new KubemendError('no-provider', 'a cluster was asked for, and no task of this job has one'))
  return {
    name: noProviderName,
    capabilities: {
      snapshots: false,
      multipleNodes: false,
      nodeExec: false,
      loadImage: false,
      auditLog: false,
      nodeCapacity: false,
      kubernetesVersions: [],
      apiServerNames: false,
    },
    problems: () => Promise.resolve([]),
    create: refuse,
    restore: refuse,
    attach: refuse,
    hasSnapshot: () => Promise.resolve(false),
    list: () => Promise.resolve([]),
    removeLeftovers: () => Promise.resolve([]),
  }
}
