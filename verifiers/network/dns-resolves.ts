import { z } from 'zod'
import { enterContainer } from '../containers/enter-container.ts'
import { textAt } from '../../harness/state/json.ts'
import { containerParam, namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier, type VerifyContext } from '../verifier.ts'
import { isFailure } from './failure.ts'
import { serviceOf } from './request-through-api.ts'
import { resolveFromContainer } from './resolve-from-container.ts'

/** A name resolves inside a workload, to what it should. */
export const dnsResolves: Verifier = defineVerifier({
  name: 'dns-resolves',
  summary: 'A name resolves in a running pod of a workload, to the address it should have.',
  params: z.strictObject({
    from: workloadParam('The workload whose running pod asks.'),
    namespace: namespaceParam,
    container: containerParam,
    name: z.string().min(1).meta({ description: 'The name, as the workload would write it.' }),
    address: z.string().optional().meta({
      description: 'The address it must have; for the name of a Service its cluster IP unless told.',
    }),
  }),
  example: 'dns-resolves: { from: deployment/web, namespace: shop, name: orders }',
  details:
    'Asks with the libc of the container where it can (getent, python3, node, nc, curl, bash), so search domains, `ndots` and ' +
    '`dnsPolicy` count. Of bash and of some connections only whether the name resolves is known; then the address is not judged.',
  async verify({ from, namespace, container, name, address }, context) {
    const entered = await enterContainer(context, { workload: from, namespace, container })
    if (isVerdict(entered)) return entered
    const found = await resolveFromContainer(entered, name)
    if (isVerdict(found)) return found
    if (isFailure(found)) return notMet(`${name} does not resolve in ${entered.name}`, { said: found.text })
    const { addresses } = found
    const wanted = address ?? (await clusterIp(context, name, namespace))
    if (wanted !== undefined && addresses.length > 0 && !addresses.includes(wanted)) {
      return notMet(`${name} resolves to ${addresses.join(', ')} in ${entered.name}, not to ${wanted}`, { addresses })
    }
    return met(`${name} resolves${addresses.length > 0 ? ` to ${addresses.join(', ')}` : ''} in ${entered.name}`, {
      addresses,
    })
  },
})

async function clusterIp(context: VerifyContext, name: string, namespace: string): Promise<string | undefined> {
  const service = serviceOf(name, namespace)
  if (!service) return undefined
  const path = `/api/v1/namespaces/${service.namespace}/services/${service.name}`
  const ip = textAt(await context.client.find(path, { signal: context.signal }), 'spec', 'clusterIP')
  return ip === undefined || ip === 'None' || ip === '' ? undefined : ip
}
