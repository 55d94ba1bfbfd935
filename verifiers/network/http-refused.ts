import { z } from 'zod'
import { containerParam, namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { askerOf, askHttp, evidenceOf } from './ask-http.ts'
import { isFailure, wordFailure } from './failure.ts'

/** An HTTP request gets no answer, or only a refusal. */
export const httpRefused: Verifier = defineVerifier({
  name: 'http-refused',
  summary: 'An HTTP request from a workload gets no answer, or an answer that refuses it.',
  params: z.strictObject({
    from: workloadParam('The workload whose running pod asks.'),
    namespace: namespaceParam,
    container: containerParam,
    url: z.url({ protocol: /^https?$/ }).meta({ description: 'What is asked for.' }),
    headers: z.record(z.string(), z.string()).default({}).meta({ description: 'Headers of the request.' }),
    status: z
      .array(z.int().min(400).max(599))
      .default([])
      .meta({ description: 'Answers with these statuses are refusals as well: [401, 403].' }),
    timeout: z.int().min(1).max(30).default(3).meta({ description: 'Seconds of silence that count as refused.' }),
  }),
  example:
    'http-refused: { from: deployment/guest, namespace: shop, url: "http://admin.vault:8080/", status: [401, 403] }',
  details:
    'A connection that is refused, unreachable, silent or closed counts as refused. A name that does not resolve does not: ' +
    'nothing was asked. Without `status`, every answer is an answer and not a refusal. Pair it with an `http-answers` from somebody ' +
    'who may, so that a dead server is not taken for a closed door.',
  async verify(wanted, context) {
    const answers = await askHttp(context, { ...wanted, insecure: true })
    if (isVerdict(answers)) return answers
    const [answer] = answers
    const subject = `${askerOf(wanted)} ${wanted.url}`
    if (answer === undefined) return notMet(`${subject}: nothing was asked`)
    if (!isFailure(answer)) {
      const verdict = wanted.status.includes(answer.status) ? met : notMet
      return verdict(`${subject}: answered with ${answer.status}`, evidenceOf(answer))
    }
    const isRefusal = ['refused', 'unreachable', 'timeout', 'closed'].includes(answer.failed)
    return (isRefusal ? met : notMet)(`${subject}: ${wordFailure(answer)}`, evidenceOf(answer))
  },
})
