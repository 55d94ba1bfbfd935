import { z } from 'zod'
import { enterContainer } from '../containers/enter-container.ts'
import { containerParam, namespaceParam, portParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { connectFromContainer } from './connect-from-container.ts'
import { isFailure, wordFailure } from './failure.ts'

/** A TCP port takes connections from a workload. */
export const tcpConnects: Verifier = defineVerifier({
  name: 'tcp-connects',
  summary: 'A TCP port takes a connection from a running pod of a workload.',
  params: z.strictObject({
    from: workloadParam('The workload whose running pod connects.'),
    namespace: namespaceParam,
    container: containerParam,
    host: z.string().min(1).meta({ description: 'The host, as the workload would write it.' }),
    port: portParam,
    timeout: z.int().min(1).max(30).default(3).meta({ description: 'Seconds that it may take.' }),
  }),
  example: 'tcp-connects: { from: deployment/web, namespace: shop, host: db, port: 5432 }',
  details:
    'Connects with what the image has (python3, node, bash, curl, nc, wget). That something takes connections does not mean ' +
    'that it is the right thing: where it speaks HTTP, use `http-answers`.',
  async verify({ from, namespace, container, host, port, timeout }, context) {
    const entered = await enterContainer(context, { workload: from, namespace, container })
    if (isVerdict(entered)) return entered
    const found = await connectFromContainer(entered, { host, port }, timeout)
    if (isVerdict(found)) return found
    if (!isFailure(found)) return met(`${entered.name} connects to ${host}:${port}`)
    return notMet(`${entered.name} cannot connect to ${host}:${port}: ${wordFailure(found)}`, found)
  },
})
