import type { Addon } from '../addon.ts'
import { imagesOf, readManifests } from '../read-manifests.ts'
import { deploymentLacks } from '../workloads.ts'

const manifests = 'ingress/manifests.yaml'

/** Ingress by Contour and Envoy: class `contour`, ports 30080 and 30443 of every node, service projectcontour/envoy. */
export const ingress: Addon = {
  name: 'ingress',
  images: imagesOf(readManifests(manifests)),
  objects: () => readManifests(manifests),
  isReady: (client) => deploymentLacks(client, 'projectcontour', 'contour'),
}
