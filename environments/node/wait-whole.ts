import type { KubeClient } from '../../harness/base/kube-client.ts'
import type { BootPlan } from './boot.ts'
import { inside } from './components.ts'
import { queryDns } from './dns-query.ts'
import { isNodeReady, isPodSettled, untilServed, waitForAll } from '../wait-ready.ts'

/** Waits until every node is Ready, the system's pods run and cluster DNS answers. */
export async function waitUntilWhole(client: KubeClient, plan: BootPlan): Promise<void> {
  await waitForAll(client, '/api/v1/nodes', {
    what: 'every node to be Ready',
    timeoutMs: 60_000,
    atLeast: plan.slots.length,
    isDone: isNodeReady,
  })
  plan.onStep('nodes Ready')
  await waitForAll(client, '/api/v1/namespaces/kube-system/pods', {
    what: 'cluster DNS to be Ready',
    timeoutMs: 60_000,
    atLeast: 1,
    isDone: isPodSettled,
  })
  plan.onStep('system pods Ready')
  await waitForDns(plan)
}

async function waitForDns(plan: BootPlan): Promise<void> {
  const name = 'kubernetes.default.svc.cluster.local'
  await untilServed(
    // a connection that began before the service's rules were there hangs; a new one does not
    async () => (await queryDns(plan.folder.dialSocket, inside.dnsIp, name, 200)).includes(inside.apiServiceIp),
    'cluster DNS to answer',
    30_000,
  )
  plan.onStep('DNS answers')
}
