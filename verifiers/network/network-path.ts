import { z } from 'zod'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { textAt } from '../../harness/state/json.ts'
import { enterContainer } from '../containers/enter-container.ts'
import { containerParam, namespaceParam, portParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findWorkload, isReady } from '../workloads/find-pods.ts'
import { connectFromContainer } from './connect-from-container.ts'
import { isFailure, wordFailure } from './failure.ts'

/** One workload may, or may not, reach the pods of another. */
export const networkPath: Verifier = defineVerifier({
  name: 'network-path',
  summary: 'One workload can connect to the pods of another, or cannot.',
  params: z.strictObject({
    from: workloadParam('The workload whose running pod connects.'),
    namespace: namespaceParam,
    container: containerParam,
    to: workloadParam('The workload whose ready pods are connected to.'),
    'to-namespace': z.string().optional().meta({ description: 'Its namespace; the same unless told.' }),
    port: portParam,
    allowed: z.boolean().meta({ description: 'Whether it must be possible, or must not.' }),
    timeout: z.int().min(1).max(30).default(2).meta({ description: 'Seconds of silence that count as closed.' }),
  }),
  example: 'network-path: { from: deployment/web, namespace: shop, to: statefulset/db, port: 5432, allowed: true }',
  details:
    'Connects to the addresses of pods, so network policies are what is judged, not Services or DNS. The other side must ' +
    'have ready pods in both cases: a dead pod is not a closed door. `allowed: true` must hold for every ready pod, and `false` too. ' +
    'A port that nobody listens on answers "refused", which `allowed: false` takes for closed only when it is silent to ' +
    'others as well: name a port that the workload serves.',
  async verify({ from, namespace, container, to, 'to-namespace': toNamespace, port, allowed, timeout }, context) {
    const target = await findWorkload(context, to, toNamespace ?? namespace)
    if (isVerdict(target)) return target
    const pods = target.pods.filter((pod) => isReady(pod) && addressOf(pod) !== undefined)
    if (pods.length === 0) return notMet(`${target.name} has no ready pod, so there is nothing to reach`)
    const entered = await enterContainer(context, { workload: from, namespace, container })
    if (isVerdict(entered)) return entered
    const tried: Record<string, string> = {}
    for (const pod of pods.filter((one) => one.metadata.uid !== entered.pod.metadata.uid)) {
      const found = await connectFromContainer(entered, { host: addressOf(pod) ?? '', port }, timeout)
      if (isVerdict(found)) return found
      const here = `${entered.name} to pod/${pod.metadata.name}:${port}`
      tried[pod.metadata.name] = isFailure(found) ? found.failed : 'connected'
      if (isFailure(found) && allowed) return notMet(`${here}: ${wordFailure(found)}`, tried)
      if (!isFailure(found) && !allowed) return notMet(`${here}: it connects, and should not`, tried)
      // a policy is silent or says unreachable; refused by the pod itself means that the packet got there
      if (isFailure(found) && found.failed === 'refused') {
        return notMet(`${here}: nobody listens there, so the way to it is open`, tried)
      }
    }
    return met(`${entered.name} ${allowed ? 'connects' : 'cannot connect'} to ${target.name}:${port}`, tried)
  },
})

function addressOf(pod: KubeObject): string | undefined {
  return textAt(pod, 'status', 'podIP')
}
