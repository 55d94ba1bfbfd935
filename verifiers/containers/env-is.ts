import { z } from 'zod'
import { expectedTextParams, textMismatch } from '../expected-text.ts'
import { containerParam, namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { enterContainer, lacksTools } from './enter-container.ts'

/** A running container has an environment variable as it should be. */
export const envIs: Verifier = defineVerifier({
  name: 'env-is',
  summary: 'A running container has an environment variable with the value that it should have.',
  params: z.strictObject({
    workload: workloadParam('The workload.'),
    namespace: namespaceParam,
    container: containerParam,
    name: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/)
      .meta({ description: 'The variable.' }),
    absent: z.boolean().default(false).meta({ description: 'true: it must not be set.' }),
    ...expectedTextParams,
  }),
  example: 'env-is: { workload: deployment/checkout, namespace: shop, name: ORDERS_URL, equals: "http://orders:8080" }',
  details:
    'Looks in a running container, so a ConfigMap that was changed without a restart is seen as the container sees it: unchanged. ' +
    'The evidence never holds the value.',
  async verify(wanted, context) {
    const entered = await enterContainer(context, wanted)
    if (isVerdict(entered)) return entered
    const argv = entered.tools.has('env') ? ['env'] : ['cat', '/proc/1/environ']
    if (!entered.tools.has(argv[0] ?? '')) return lacksTools(entered, `show ${wanted.name}`, 'env and cat')
    const result = await entered.run(argv)
    if (isVerdict(result)) return result
    const value = readVariable(result.stdout, wanted.name)
    const here = `${wanted.name} in ${entered.name}`
    if (value === undefined) return wanted.absent ? met(`${here} is not set`) : notMet(`${here} is not set`)
    if (wanted.absent) return notMet(`${here} is set`)
    const problem = textMismatch(value, wanted)
    return problem === undefined ? met(`${here} is as it should be`) : notMet(`${here} ${problem}`)
  },
})

/** A variable of `env`'s lines, or of the NUL-separated ones of /proc; values may have several lines. */
function readVariable(text: string, name: string): string | undefined {
  if (text.includes('\0')) {
    return text
      .split('\0')
      .find((entry) => entry.startsWith(`${name}=`))
      ?.slice(name.length + 1)
  }
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith(`${name}=`))
  if (start < 0) return undefined
  const more = lines.slice(start + 1)
  const end = more.findIndex((line) => /^[A-Za-z_][A-Za-z0-9_.-]*=/.test(line))
  const value = [(lines[start] ?? '').slice(name.length + 1), ...(end < 0 ? more : more.slice(0, end))]
  return value.join('\n').trimEnd()
}
