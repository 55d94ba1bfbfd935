import { readFileSync } from 'node:fs'
import path from 'node:path'
import { packageRoot } from '../../../harness/base/package-root.ts'
import type { Addon } from '../addon.ts'
import { imagesOf, readManifests } from '../read-manifests.ts'
import { daemonSetLacks } from '../workloads.ts'

const manifests = 'network-policy/manifests.yaml'

/** NetworkPolicy, enforced by a program of our own on every node. */
export const networkPolicy: Addon = {
  name: 'network-policy',
  images: imagesOf(readManifests(manifests)),
  objects: () => readManifests(manifests),
  isReady: (client) => daemonSetLacks(client, 'kube-system', 'network-policy-enforcer'),
  bootRules: readFileSync(path.join(packageRoot, 'environments/addons/network-policy/boot.nft'), 'utf8'),
}
