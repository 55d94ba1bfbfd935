import { z } from 'zod'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { textAt } from '../../harness/state/json.ts'
import { namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { findWorkload } from './find-pods.ts'
import { troubleOf } from './pod-trouble.ts'

/** All pods of a workload are on nodes where they should be. */
export const podScheduledOn: Verifier = defineVerifier({
  name: 'pod-scheduled-on',
  summary: 'Every pod of a workload is on a node that it should be on.',
  params: z.strictObject({
    workload: workloadParam('The workload, or a single pod.'),
    namespace: namespaceParam,
    nodes: z.array(z.string()).min(1).optional().meta({ description: 'The nodes that will do, by name.' }),
    labels: z.record(z.string(), z.string()).optional().meta({ description: 'Labels that the nodes must have.' }),
    'not-on': z.array(z.string()).min(1).optional().meta({ description: 'Nodes that will not do, by name.' }),
    spread: z
      .strictObject({
        by: z.string().meta({ description: 'A label of nodes: kubernetes.io/hostname, topology.kubernetes.io/zone.' }),
        over: z.int().min(2).meta({ description: 'How many different values there must be.' }),
      })
      .optional()
      .meta({ description: 'The pods must be on nodes with so many different values of a label.' }),
  }),
  example: 'pod-scheduled-on: { workload: statefulset/db, namespace: shop, labels: { disk: ssd } }',
  details: 'Without any of the conditions, every pod must be on some node. Pods that are being deleted do not count.',
  async verify({ workload: reference, namespace, nodes, labels = {}, 'not-on': notOn = [], spread }, context) {
    const workload = await findWorkload(context, reference, namespace)
    if (isVerdict(workload)) return workload
    if (workload.pods.length === 0) return notMet(`${workload.name} has no pods`)
    const all = await context.client.list('/api/v1/nodes', { signal: context.signal })
    const nodeOf = (pod: KubeObject): KubeObject | undefined =>
      all.find((node) => node.metadata.name === textAt(pod, 'spec', 'nodeName'))
    const evidence = Object.fromEntries(
      workload.pods.map((pod) => [pod.metadata.name, textAt(pod, 'spec', 'nodeName') ?? null]),
    )
    for (const pod of workload.pods) {
      const here = `pod/${pod.metadata.name}`
      const node = nodeOf(pod)
      if (!node) return notMet(`${here} ${troubleOf(pod) ?? 'is on no node'}`, evidence)
      const { name, labels: has = {} } = node.metadata
      if (nodes && !nodes.includes(name)) return notMet(`${here} is on ${name}, not on ${nodes.join(' or ')}`, evidence)
      if (notOn.includes(name)) return notMet(`${here} is on ${name}, where it must not be`, evidence)
      const lacking = Object.entries(labels).find(([key, value]) => has[key] !== value)
      if (lacking) return notMet(`${here} is on ${name}, which is not labelled ${lacking.join('=')}`, evidence)
    }
    if (spread) {
      const values = new Set(workload.pods.flatMap((pod) => nodeOf(pod)?.metadata.labels?.[spread.by] ?? []))
      if (values.size < spread.over) {
        const where = [...values].join(', ') || 'none'
        return notMet(
          `${workload.name} is on ${values.size} of ${spread.over} different ${spread.by} (${where})`,
          evidence,
        )
      }
    }
    return met(`all ${workload.pods.length} pods of ${workload.name} are where they should be`, evidence)
  },
})
