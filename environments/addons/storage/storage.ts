import type { Addon } from '../addon.ts'
import { imagesOf, readManifests } from '../read-manifests.ts'
import { deploymentLacks } from '../workloads.ts'

const manifests = 'storage/manifests.yaml'

/** Persistent volumes made on demand out of folders on the node, from the default class `standard`. */
export const storage: Addon = {
  name: 'storage',
  // the second is named in the provisioner's configuration: it makes and removes the folders
  images: [...imagesOf(readManifests(manifests)), 'busybox:1.36'],
  objects: () => readManifests(manifests),
  isReady: (client) => deploymentLacks(client, 'local-path-storage', 'local-path-provisioner'),
}
