import { z } from 'zod'
import { listAt, textAt } from '../../harness/state/json.ts'
import { findObject } from '../objects/find-object.ts'
import { nameParam, namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, unknown, type Verifier } from '../verifier.ts'
import { askerOf, askHttp, evidenceOf } from './ask-http.ts'
import { answerMismatch, unseen } from './expected-answer.ts'
import { isFailure, wordFailure } from './failure.ts'

/** The ingress controller passes requests on for a host and path. */
export const ingressRoutes: Verifier = defineVerifier({
  name: 'ingress-routes',
  summary: 'The ingress controller answers a request for a host and path as it should be answered.',
  params: z.strictObject({
    namespace: namespaceParam,
    name: nameParam('Ingress'),
    host: z.string().min(1).meta({ description: 'The host that is asked for.' }),
    path: z.string().startsWith('/').default('/').meta({ description: 'The path that is asked for.' }),
    controller: z
      .string()
      .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/)
      .default('envoy.projectcontour')
      .meta({ description: 'The Service of the ingress controller, as name.namespace.' }),
    port: z.int().min(1).max(65_535).default(80).meta({ description: 'The port of that Service.' }),
    from: workloadParam('The workload of the namespace that asks; the API server asks unless told.').optional(),
    status: z
      .int()
      .min(100)
      .max(599)
      .optional()
      .meta({ description: 'The status of the answer; any of 2xx unless told.' }),
    body: z.string().optional().meta({ description: 'What the body of the answer must hold.' }),
    timeout: z.int().min(1).max(30).default(5).meta({ description: 'Seconds that it may take.' }),
  }),
  example: 'ingress-routes: { namespace: shop, name: web, host: shop.example.com, path: /cart, body: cart }',
  details:
    'The request goes to the Service of the controller with the header `Host`, so the routes are judged that the controller has ' +
    'really made of the Ingress. The controller of the add-on `ingress` is found by itself. Say `body` where another backend answers ' +
    'with the same status.',
  async verify({ namespace, name, host, path, controller, port, from, status, body, timeout }, context) {
    const ingress = await findObject(context, `ingress/${name}`, namespace)
    if (isVerdict(ingress)) return ingress
    const rules = listAt(ingress, 'spec', 'rules').map((rule) => textAt(rule, 'host') ?? '*')
    const question = { from, namespace, url: `http://${controller}:${port}${path}`, headers: { host }, timeout }
    const answers = await askHttp(context, question)
    if (isVerdict(answers)) return answers
    const [answer] = answers
    const subject = `${askerOf(question)} ${host}${path}`
    const evidence = { ...evidenceOf(answer), hosts: rules }
    if (answer === undefined) return unknown(`${subject}: nothing was asked`)
    const problem = isFailure(answer) ? wordFailure(answer) : answerMismatch(answer, { status, body })
    if (problem === unseen) return unknown(`${subject}: ${problem}`, evidence)
    if (problem === undefined) return met(`${subject}: ingress/${name} routes it`, evidence)
    const isForeign = !rules.some((rule) => rule === '*' || rule === host || isWildcard(rule, host))
    const why = isForeign ? `; ingress/${name} has rules for ${rules.join(', ') || 'no host'}` : ''
    return notMet(`${subject}: ${problem}${why}`, evidence)
  },
})

function isWildcard(rule: string, host: string): boolean {
  return rule.startsWith('*.') && host.endsWith(rule.slice(1))
}
