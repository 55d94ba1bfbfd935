import { z } from 'zod'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { fieldOf, listAt } from '../../harness/state/json.ts'
import { namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { podsBefore, stateBefore } from './before.ts'

/** Pods run on without an interruption. */
export const noRestarts: Verifier = defineVerifier({
  name: 'no-restarts',
  summary:
    'The pods of a workload, or of a namespace, are the same as before and none of their containers has restarted.',
  params: z.strictObject({
    namespace: namespaceParam,
    workload: workloadParam('The workload; all pods of the namespace unless told.').optional(),
  }),
  example: 'no-restarts: { namespace: shop, workload: statefulset/db }',
  details: 'A pod that was replaced has restarted. Pods that had ended before do not count.',
  async verify({ namespace, workload }, context) {
    const before = stateBefore(context)
    if (isVerdict(before)) return before
    const was = podsBefore(before, namespace, workload)
    if (isVerdict(was)) return was
    const running = was.filter((pod) => fieldOf(pod, 'status', 'phase') === 'Running')
    if (running.length === 0) return notMet(`no pod of ${workload ?? namespace} was running before`)
    const list = await context.client.list(`/api/v1/namespaces/${namespace}/pods`, { signal: context.signal })
    const now = new Map(list.map((pod) => [pod.metadata.uid, pod]))
    for (const pod of running) {
      const here = `pod/${pod.metadata.name}`
      const same = now.get(pod.metadata.uid)
      if (!same || same.metadata.deletionTimestamp !== undefined) return notMet(`${here} is gone`)
      const [then, restarts] = [restartsOf(pod), restartsOf(same)]
      if (restarts > then)
        return notMet(`${here} has restarted ${restarts - then} times`, { before: then, now: restarts })
    }
    return met(`all ${running.length} pods run on without a restart`, { pods: running.map((pod) => pod.metadata.name) })
  },
})

function restartsOf(pod: KubeObject): number {
  const counts = listAt(pod, 'status', 'containerStatuses').map((status) => fieldOf(status, 'restartCount'))
  return counts.reduce<number>((sum, count) => sum + (typeof count === 'number' ? count : 0), 0)
}
