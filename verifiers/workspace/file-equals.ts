import { createHash } from 'node:crypto'
import { z } from 'zod'
import { expectedTextParams, textMismatch } from '../expected-text.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { readWorkspaceFile } from './read-workspace-file.ts'
import { workspacePathParam } from './workspace-path.ts'

/** A file of the workspace is as it should be. */
export const fileEquals: Verifier = defineVerifier({
  name: 'file-equals',
  summary: 'A file of the workspace has the content that it should have.',
  params: z.strictObject({
    path: workspacePathParam('The file.'),
    absent: z.boolean().default(false).meta({ description: 'true: there must be no such file.' }),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .meta({ description: 'The SHA-256 of its content.' }),
    ...expectedTextParams,
  }),
  example: 'file-equals: { path: deploy/version.txt, equals: "1.4.2" }',
  details:
    'For YAML prefer `yaml-field-equals`: comments, order and spelling are then the author’s own business. Links are not followed.',
  async verify(wanted, context) {
    const found = await readWorkspaceFile(context, wanted.path)
    if (isVerdict(found)) return found
    if ('missing' in found) return wanted.absent ? met(found.missing) : notMet(found.missing)
    if (wanted.absent) return notMet(`${wanted.path} is there`)
    const digest = createHash('sha256').update(found.content).digest('hex')
    if (wanted.sha256 !== undefined && digest !== wanted.sha256)
      return notMet(`${wanted.path} has another SHA-256`, { digest })
    const problem = textMismatch(found.content.toString('utf8'), wanted)
    if (problem !== undefined) return notMet(`${wanted.path} ${problem}`, { digest })
    return met(`${wanted.path} is as it should be`, { digest })
  },
})
