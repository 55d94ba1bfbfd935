import { createHash } from 'node:crypto'
import { z } from 'zod'
import { defineVerifier, isVerdict, met, notMet, unknown, type Verifier } from '../verifier.ts'
import { readWorkspaceFile } from './read-workspace-file.ts'
import { workspacePathParam } from './workspace-path.ts'

/** A file of the workspace is as it was. */
export const fileUnchanged: Verifier = defineVerifier({
  name: 'file-unchanged',
  summary: 'A file of the workspace is byte for byte what it was before the agent began.',
  params: z.strictObject({
    path: workspacePathParam('The file.'),
    sha256: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .optional()
      .meta({ description: 'What it was, where that must not be taken from the workspace itself.' }),
  }),
  example: 'file-unchanged: { path: deploy/production.yaml }',
  details: 'Every file that `may-change` does not name is protected anyway: this is for one that it names with others.',
  async verify({ path, sha256 }, context) {
    const was = sha256 ?? context.workspaceBefore?.[path]
    if (was === undefined) {
      return unknown(
        context.workspaceBefore ? `there was no ${path} before` : `what ${path} was before is not known here`,
      )
    }
    const found = await readWorkspaceFile(context, path)
    if (isVerdict(found)) return found
    if ('missing' in found) return notMet(found.missing)
    const is = createHash('sha256').update(found.content).digest('hex')
    return is === was ? met(`${path} is unchanged`) : notMet(`${path} was changed`, { before: was, after: is })
  },
})
