import { z } from 'zod'
import { KubeError, type KubeObject } from '../../harness/base/kube-client.ts'
import { textAt } from '../../harness/state/json.ts'
import { inShort } from '../expected-text.ts'
import { containerParam, namespaceParam, patternParam, workloadParam } from '../params.ts'
import {
  defineVerifier,
  isVerdict,
  met,
  notMet,
  unknown,
  type Verdict,
  type Verifier,
  type VerifyContext,
} from '../verifier.ts'
import { findWorkload } from '../workloads/find-pods.ts'
import { troubleOf } from '../workloads/pod-trouble.ts'

/** The log of a workload has, or has not, a line. */
export const logContains: Verifier = defineVerifier({
  name: 'log-contains',
  summary: 'The log of a workload’s pods has a line since the agent ended, or ever; or has none such.',
  params: z.strictObject({
    workload: workloadParam('The workload.'),
    namespace: namespaceParam,
    container: containerParam,
    text: z.string().min(1).optional().meta({ description: 'What the line holds.' }),
    matches: patternParam('A regular expression that the line matches.').optional(),
    since: z.enum(['agent-ended', 'ever']).default('agent-ended').meta({
      description: 'From when on lines count; before an agent has ended, agent-ended means the last 30 seconds.',
    }),
    absent: z.boolean().default(false).meta({ description: 'true: there must be no such line.' }),
  }),
  example: 'log-contains: { workload: deployment/storefront, namespace: shop, text: "order accepted" }',
  details:
    'Reads the logs of all pods of the workload, of their present containers and not of earlier ones, the last 5,000 lines ' +
    'of each. Who can write into a container can write into its log: prefer a check of what happens.',
  async verify({ workload: reference, namespace, container, text, matches, since, absent }, context) {
    if (text === undefined && matches === undefined) return unknown('neither text nor matches is given')
    const workload = await findWorkload(context, reference, namespace)
    if (isVerdict(workload)) return workload
    if (workload.pods.length === 0) return notMet(`${workload.name} has no pods`)
    const pattern = matches === undefined ? undefined : new RegExp(matches)
    const isWanted = (line: string): boolean =>
      (text === undefined || line.includes(text)) && (pattern === undefined || pattern.test(line))
    const what = [text === undefined ? '' : inShort(text), matches === undefined ? '' : `/${matches}/`]
      .filter(Boolean)
      .join(' and ')
    const when = since === 'ever' ? '' : ' since the agent ended'
    let lines = 0
    for (const pod of workload.pods) {
      const log = await readLog(context, pod, { container, since })
      if (isVerdict(log)) return log
      lines += log.length
      const line = log.find(isWanted)
      if (line === undefined) continue
      const evidence = { pod: pod.metadata.name, line: line.slice(0, 500) }
      const found = `pod/${pod.metadata.name} logged ${what}${when}`
      return absent ? notMet(found, evidence) : met(found, evidence)
    }
    const nothing = `no pod of ${workload.name} logged ${what}${when}`
    return absent ? met(nothing, { lines }) : notMet(nothing, { lines })
  },
})

async function readLog(
  context: VerifyContext,
  pod: KubeObject,
  { container, since }: { container: string | undefined; since: 'agent-ended' | 'ever' },
): Promise<string[] | Verdict> {
  const { namespace, name } = pod.metadata
  const from = context.agentEndedAt ?? new Date(Date.now() - 30_000)
  try {
    const text = await context.client.requestText('GET', `/api/v1/namespaces/${namespace}/pods/${name}/log`, {
      accept: '*/*',
      signal: context.signal,
      query: {
        container: container ?? textAt((pod['spec'] as { containers?: unknown[] }).containers?.[0], 'name'),
        tailLines: 5000,
        ...(since === 'ever' ? {} : { sinceTime: from.toISOString() }),
      },
    })
    return text.split('\n').filter((line) => line !== '')
  } catch (error) {
    if (!(error instanceof KubeError)) throw error
    // 400 is the API server's answer for a container that has not started
    if (error.status === 400 || error.status === 404) {
      return notMet(`pod/${name} has no log: it ${troubleOf(pod) ?? 'has no such container'}`)
    }
    return unknown(`the log of pod/${name} cannot be read: ${error.message}`)
  }
}
