import path from 'node:path'
import { z } from 'zod'

/** A path inside the workspace. */
export function workspacePathParam(description: string): z.ZodType<string> {
  return z
    .string()
    .min(1)
    .refine((text) => !path.isAbsolute(text) && path.normalize(text) === text && !text.startsWith('..'), {
      error: (issue) =>
        `expected a path inside the workspace such as deploy/web.yaml, got ${JSON.stringify(issue.input)}`,
    })
    .meta({ description })
}
