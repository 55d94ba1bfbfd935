import type { KubeClient, KubeObject } from '../../harness/base/kube-client.ts'
import type { AddonName, ClusterSpec } from '../provider.ts'
import { ingress } from './ingress/ingress.ts'
import { metricsServer } from './metrics-server/metrics-server.ts'
import { networkPolicy } from './network-policy/network-policy.ts'
import { storage } from './storage/storage.ts'

/** Something a cluster can have beside what every cluster has. */
export interface Addon {
  name: AddonName
  /** The images its objects use, which must be on every node. */
  images: string[]
  /** What to apply, in this order. */
  objects(spec: ClusterSpec): KubeObject[]
  /** What is still missing, in a few words; undefined when the add-on does its work. */
  isReady(client: KubeClient): Promise<string | undefined>
  /** Rules that `nft -f -` loads in each node's network namespace before the node's first pod starts. */
  bootRules?: string
}

export const addons: Record<AddonName, Addon> = {
  'network-policy': networkPolicy,
  'metrics-server': metricsServer,
  storage,
  ingress,
}
