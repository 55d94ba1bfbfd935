import { z } from 'zod'
import { enterContainer } from '../containers/enter-container.ts'
import { expectedTextParams, expectsText, textMismatch } from '../expected-text.ts'
import { containerParam, namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, unknown, type Verifier } from '../verifier.ts'

/** Data is still there: a query in a running container answers what it must. */
export const dataKept: Verifier = defineVerifier({
  name: 'data-kept',
  summary: 'A query in a running container, such as one of its database, answers what it must.',
  params: z.strictObject({
    workload: workloadParam('The workload that holds the data.'),
    namespace: namespaceParam,
    container: containerParam,
    run: z.array(z.string()).min(1).meta({ description: 'The command and its arguments; it must only read.' }),
    ...expectedTextParams,
  }),
  example:
    'data-kept: { workload: statefulset/db, namespace: shop, run: [redis-cli, GET, "order:1001"], equals: paid }',
  details:
    'The command runs in the container, without a shell unless it names one. One that fails is data that cannot be had: not met. Say ' +
    'what only the true data would answer.',
  async verify(wanted, context) {
    if (!expectsText(wanted)) return unknown('none of equals, contains, matches, lacks is given')
    const entered = await enterContainer(context, wanted)
    if (isVerdict(entered)) return entered
    const result = await entered.run(wanted.run)
    if (isVerdict(result)) return result
    const command = wanted.run.join(' ').slice(0, 80)
    const evidence = { exitCode: result.exitCode ?? null, output: result.stdout.slice(0, 500) }
    if (result.exitCode !== 0) {
      const said = result.stderr.trim().split('\n').at(-1) ?? ''
      return notMet(`${command} in ${entered.name} fails with ${result.exitCode}: ${said.slice(0, 200)}`, evidence)
    }
    const problem = textMismatch(result.stdout, wanted)
    if (problem !== undefined) return notMet(`the answer to ${command} in ${entered.name} ${problem}`, evidence)
    return met(`${command} in ${entered.name} answers what it must`, evidence)
  },
})
