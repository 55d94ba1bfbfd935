import { runCommand } from '../../../harness/base/command.ts'
import { imageProblems } from '../../images/ensure-images.ts'
import type { Addon } from '../addon.ts'
import { imagesOf, readManifests } from '../read-manifests.ts'
import { daemonSetLacks } from '../workloads.ts'

const manifests = 'network-policy/upstream.yaml'

/** NetworkPolicy, enforced by Kubernetes SIG Network's kube-network-policies. */
export const upstreamNetworkPolicy: Addon = {
  name: 'network-policy',
  images: imagesOf(readManifests(manifests)),
  objects: () => readManifests(manifests),
  isReady: (client) => daemonSetLacks(client, 'kube-system', 'kube-network-policies'),
}

/** What keeps it from running on this machine, or undefined: it needs its image, and a kernel that queues packets. */
export async function whyNotUpstream(): Promise<string | undefined> {
  const [problem] = await imageProblems(upstreamNetworkPolicy.images)
  return problem ?? ((await canQueuePackets()) ? undefined : 'the kernel has no nftables queue (CONFIG_NFT_QUEUE)')
}

async function canQueuePackets(): Promise<boolean> {
  const rules = 'table ip probe { chain c { type filter hook forward priority 0; queue num 98; }; }'
  const result = await runCommand(['unshare', '--net', 'nft', '-f', '-'], { stdin: rules, timeoutMs: 5_000 })
  return result.exitCode === 0
}
