import type { KubeObject } from '../base/kube-client.ts'
import { fieldOf } from './json.ts'

export interface ReadyPods {
  wanted: number
  ready: number
}

/** How many pods a Deployment, StatefulSet or DaemonSet is to have, and how many of them are Ready. */
export function readyPodsOf(workload: KubeObject): ReadyPods {
  const [wanted, ready] =
    workload.kind === 'DaemonSet'
      ? [fieldOf(workload, 'status', 'desiredNumberScheduled'), fieldOf(workload, 'status', 'numberReady')]
      : [fieldOf(workload, 'spec', 'replicas') ?? 1, fieldOf(workload, 'status', 'readyReplicas')]
  return { wanted: Number(wanted ?? 0), ready: Number(ready ?? 0) }
}

/** Whether it has pods, and all that it is to have. */
export function hasAllPods({ wanted, ready }: ReadyPods): boolean {
  return wanted > 0 && ready >= wanted
}
