import { z } from 'zod'
import { enterContainer } from '../containers/enter-container.ts'
import { containerParam, namespaceParam, portParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { connectFromContainer } from './connect-from-container.ts'
import { isFailure, wordFailure } from './failure.ts'

/** A TCP port takes no connections from a workload. */
export const tcpRefused: Verifier = defineVerifier({
  name: 'tcp-refused',
  summary: 'A TCP port takes no connection from a running pod of a workload: it is refused, unreachable or silent.',
  params: z.strictObject({
    from: workloadParam('The workload whose running pod tries to connect.'),
    namespace: namespaceParam,
    container: containerParam,
    host: z.string().min(1).meta({ description: 'The host, as the workload would write it.' }),
    port: portParam,
    timeout: z.int().min(1).max(30).default(3).meta({ description: 'Seconds of silence that count as refused.' }),
  }),
  example: 'tcp-refused: { from: deployment/guest, namespace: shop, host: db.vault, port: 5432 }',
  details:
    'A name that does not resolve is not a refusal: nothing was tried. A port that nobody listens on is refused for everybody; ' +
    'for "may not reach", `network-path` with `allowed: false` also makes sure that the other side is there.',
  async verify({ from, namespace, container, host, port, timeout }, context) {
    const entered = await enterContainer(context, { workload: from, namespace, container })
    if (isVerdict(entered)) return entered
    const found = await connectFromContainer(entered, { host, port }, timeout)
    if (isVerdict(found)) return found
    if (!isFailure(found)) return notMet(`${entered.name} connects to ${host}:${port}`)
    if (['refused', 'unreachable', 'timeout', 'closed'].includes(found.failed))
      return met(`${entered.name} cannot connect to ${host}:${port}: ${wordFailure(found)}`, found)
    return notMet(`${entered.name} could not even try to connect to ${host}:${port}: ${wordFailure(found)}`, found)
  },
})
