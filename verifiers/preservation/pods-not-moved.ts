import { z } from 'zod'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { textAt } from '../../harness/state/json.ts'
import { namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findWorkload } from '../workloads/find-pods.ts'
import { podsBefore, stateBefore } from './before.ts'

/** A workload's pods are on the nodes where they were. */
export const podsNotMoved: Verifier = defineVerifier({
  name: 'pods-not-moved',
  summary: 'A workload has as many pods on each node as before; the pods themselves may be new ones.',
  params: z.strictObject({ namespace: namespaceParam, workload: workloadParam('The workload.') }),
  example: 'pods-not-moved: { namespace: shop, workload: statefulset/db }',
  details: 'For pods that may not even be replaced, use `no-restarts`.',
  async verify({ namespace, workload: reference }, context) {
    const before = stateBefore(context)
    if (isVerdict(before)) return before
    const was = podsBefore(before, namespace, reference)
    if (isVerdict(was)) return was
    const workload = await findWorkload(context, reference, namespace)
    if (isVerdict(workload)) return workload
    const [then, now] = [countByNode(was), countByNode(workload.pods)]
    const evidence = { before: Object.fromEntries(then), now: Object.fromEntries(now) }
    for (const node of new Set([...then.keys(), ...now.keys()])) {
      const [had, has] = [then.get(node) ?? 0, now.get(node) ?? 0]
      if (had !== has) return notMet(`${reference} has ${has} pods on ${node}, and had ${had}`, evidence)
    }
    return met(`${reference} has its pods where they were`, evidence)
  },
})

function countByNode(pods: readonly KubeObject[]): Map<string, number> {
  const grouped = Map.groupBy(pods, (pod) => textAt(pod, 'spec', 'nodeName') ?? 'no node')
  return new Map([...grouped].map(([node, all]) => [node, all.length]))
}
