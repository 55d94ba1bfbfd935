import { createHash } from 'node:crypto'
import { z } from 'zod'
import { expectedTextParams, textMismatch } from '../expected-text.ts'
import { containerParam, namespaceParam, workloadParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { enterContainer } from './enter-container.ts'
import { readFileInContainer } from './read-file-in-container.ts'

/** A file in a running container is as it should be. */
export const fileContent: Verifier = defineVerifier({
  name: 'file-content',
  summary: 'A file in a running container, or on a volume that it mounts, has the content that it should have.',
  params: z.strictObject({
    workload: workloadParam('The workload.'),
    namespace: namespaceParam,
    container: containerParam,
    path: z.string().startsWith('/').meta({ description: 'The file.' }),
    absent: z.boolean().default(false).meta({ description: 'true: there must be no such file.' }),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .meta({ description: 'The SHA-256 of its content.' }),
    ...expectedTextParams,
  }),
  example: 'file-content: { workload: statefulset/db, namespace: shop, path: /data/orders.csv, contains: "1001,paid" }',
  details:
    'This is also how the data on a volume is judged: name a workload that mounts it. Without a condition the file must be ' +
    'there. The first megabyte counts.',
  async verify(wanted, context) {
    const entered = await enterContainer(context, wanted)
    if (isVerdict(entered)) return entered
    const found = await readFileInContainer(entered, wanted.path)
    if (isVerdict(found)) return found
    const here = `${wanted.path} in ${entered.name}`
    if ('missing' in found) {
      return wanted.absent ? met(`there is no ${here}`) : notMet(`there is no ${here}: ${found.missing}`)
    }
    if (wanted.absent) return notMet(`there is a ${here}`)
    const digest = createHash('sha256').update(found.content).digest('hex')
    if (wanted.sha256 !== undefined && digest !== wanted.sha256)
      return notMet(`${here} has another SHA-256`, { digest })
    const problem = textMismatch(found.content, wanted)
    if (problem !== undefined) return notMet(`${here} ${problem}`, { digest })
    return met(`${here} is as it should be`, { digest, bytes: Buffer.byteLength(found.content) })
  },
})
