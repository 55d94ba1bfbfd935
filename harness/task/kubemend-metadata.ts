import { z } from 'zod'
import { parseGrant } from './grant.ts'
import { defaultPermissions } from './permissions.ts'

/** What a task says about itself under `[metadata.kubemend]`. */
export interface KubemendMetadata {
  kind: DeclaredKind
  difficulty: Difficulty
  category: string
  tags: string[]
  /** As the author wrote them; `agentPermissions` makes rules of them. */
  permissions: string[]
  canary?: string
  inspired_by: string[]
  expert_time_estimate_min?: number
  stability: 'experimental' | 'stable' | 'retired'
  /** Limits beside the time limit, which is `[agent].timeout_sec`. */
  budget: { tool_calls?: number; tokens?: number; usd?: number }
}

export const taskKinds = ['repair', 'workspace', 'manifest'] as const
export type DeclaredKind = (typeof taskKinds)[number]
export const difficulties = ['easy', 'medium', 'hard'] as const
export type Difficulty = (typeof difficulties)[number]

const word = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, {
  error: (issue) => `expected a word such as network-policy, got ${JSON.stringify(issue.input)}`,
})

const permission = z.string().superRefine((text, context) => {
  const grant = parseGrant(text)
  if ('problem' in grant) context.addIssue({ code: 'custom', message: grant.problem })
})

const limit = z.int().positive().exactOptional()

export const kubemendMetadataSchema: z.ZodType<KubemendMetadata> = z.strictObject({
  kind: z
    .enum(taskKinds)
    .meta({ description: 'repair: a live cluster. workspace: files in a folder. manifest: one answer, judged.' }),
  difficulty: z.enum(difficulties).meta({ description: 'How hard it is for an operator, not how many files it has.' }),
  category: word.meta({ description: 'What reports group by: dns, rbac, rollout, storage, ...' }),
  tags: z.array(word).default([]),
  permissions: z
    .array(permission)
    .default([...defaultPermissions])
    .meta({ description: 'What the agent may do: edit, view, or "VERB RESOURCE [-n NAMESPACE]".' }),
  canary: z
    .uuid({ error: (issue) => `expected a UUID, got ${JSON.stringify(issue.input)}` })
    .exactOptional()
    .meta({ description: 'The GUID that marks every file of the task for those who filter training data.' }),
  inspired_by: z
    .array(z.url({ error: (issue) => `expected a URL, got ${JSON.stringify(issue.input)}` }))
    .default([])
    .meta({ description: 'Public post-mortems or pages that tell of such a fault.' }),
  expert_time_estimate_min: z.number().positive().exactOptional(),
  stability: z
    .enum(['experimental', 'stable', 'retired'])
    .default('experimental')
    .meta({ description: 'stable: proven by `kubemend check`; retired: only run when asked for by path.' }),
  budget: z
    .strictObject({ tool_calls: limit, tokens: limit, usd: z.number().positive().exactOptional() })
    .prefault({})
    .meta({ description: 'Limits beside the time limit, which is [agent].timeout_sec.' }),
})
