import { z } from 'zod'
import { containerParam, namespaceParam, patternParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, unknown, type Verifier } from '../verifier.ts'
import { askerOf, askHttp, evidenceOf } from './ask-http.ts'
import { answerMismatch, unseen } from './expected-answer.ts'
import { isFailure, wordFailure } from './failure.ts'

const statusParam = z.int().min(100).max(599)

/** An HTTP request is answered as it should be, from inside the cluster. */
export const httpAnswers: Verifier = defineVerifier({
  name: 'http-answers',
  summary: 'An HTTP request, made from inside the cluster, is answered as it should be.',
  params: z.strictObject({
    from: workloadParam('The workload whose running pod asks. Without it, the API server asks.').optional(),
    namespace: namespaceParam,
    container: containerParam,
    url: z.url({ protocol: /^https?$/ }).meta({ description: 'What is asked for.' }),
    method: z
      .enum(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'])
      .default('GET')
      .meta({ description: 'The method.' }),
    headers: z.record(z.string(), z.string()).default({}).meta({ description: 'Headers of the request.' }),
    send: z.string().optional().meta({ description: 'The body of the request.' }),
    status: z
      .union([statusParam, z.array(statusParam).min(1)])
      .optional()
      .meta({ description: 'The status of the answer, or a list of them; any of 2xx unless told.' }),
    body: z.string().optional().meta({ description: 'What the body of the answer must hold.' }),
    'body-matches': patternParam('A regular expression that the body must match.').optional(),
    'body-lacks': z.string().optional().meta({ description: 'What the body must not hold.' }),
    header: z.record(z.string(), z.string()).optional().meta({ description: 'Headers that the answer must have.' }),
    times: z.int().min(1).max(20).default(1).meta({
      description: 'How many requests must all be answered so: more than one where several pods take turns.',
    }),
    insecure: z.boolean().default(false).meta({ description: 'Accepts any certificate.' }),
    'ca-file': z.string().optional().meta({ description: 'A file in the container with the authorities to trust.' }),
    timeout: z.int().min(1).max(30).default(5).meta({ description: 'Seconds that each request may take.' }),
  }),
  example: 'http-answers: { from: deployment/web, namespace: shop, url: "http://orders:8080/healthz", body: ok }',
  details:
    'With `from`, a running pod of that workload makes the request with what its image has (curl, python3, node, GNU ' +
    'wget, bash, nc or busybox wget, in this order), so its DNS, kube-proxy and network policies all count. An image with ' +
    'none of them cannot be asked: the verdict is unknown. Nothing is installed and no pod is added.\n\n' +
    'Without `from`, the host must be a Service (`orders`, `orders.shop`) and the API server itself makes the request ' +
    'to one of its ready endpoints: that takes no program, and says nothing about DNS, kube-proxy or network policies.\n\n' +
    'Redirects are answers, not followed. Where several pods stand behind a Service, one request says little about ' +
    'the others: say `times`, or check the endpoints as well.',
  async verify(wanted, context) {
    const answers = await askHttp(context, wanted, wanted.times)
    if (isVerdict(answers)) return answers
    const subject = `${askerOf(wanted)} ${wanted.url}`
    for (const answer of answers) {
      const problem = isFailure(answer) ? wordFailure(answer) : answerMismatch(answer, wanted)
      if (problem === unseen) return unknown(`${subject}: ${problem}`, evidenceOf(answer))
      if (problem !== undefined) return notMet(`${subject}: ${problem}`, evidenceOf(answer))
    }
    const times = wanted.times > 1 ? ` ${wanted.times} times` : ''
    return met(`${subject}: answered as it should be${times}`, evidenceOf(answers[0]))
  },
})
