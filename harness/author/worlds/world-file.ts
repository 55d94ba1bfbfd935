import { z } from 'zod'
import { checkAgainst, type Checked } from '../../base/schema-problems.ts'
import type { Entry } from '../../task/contract.ts'

/** What world.yaml tells of a ready world. Objects are named as in contracts: `deployment/web -n shop`. */
export interface WorldFile {
  title: string
  /** The system in a sentence or two. */
  summary: string
  /** What a story can be told from. */
  story: { company: string; users: string; suffers: string }
  /** What each namespace is, and whose. */
  namespaces: Record<string, string>
  workloads: WorldWorkload[]
  traffic: WorldTraffic[]
  bystanders: { object: string; because: string }[]
  /** Checks as a contract's `healthy`. */
  healthy: Entry[]
  /** What an agent needs here, as in task.toml. */
  permissions: string[]
}

export interface WorldWorkload {
  object: string
  role: (typeof roles)[number]
  /** The rest of a sentence that begins with its name. */
  does: string
  /** The Service in front of it. */
  service?: string | undefined
}

/** Somebody who needs somebody, all the time. */
export interface WorldTraffic {
  /** The workload that asks. */
  from: string
  /** Whom it asks: a Service or another object, or `api` for the Kubernetes API. */
  to: string
  url?: string | undefined
  /** Where `from` has the address from: an environment variable of it, or a key of a ConfigMap or Secret. */
  setting?: { object: string; env?: string | undefined; key?: string | undefined } | undefined
  /** The Secret without which it is not let in. */
  credentials?: { object: string; key: string } | undefined
  /** The Role or ClusterRole that it needs for it. */
  rights?: string | undefined
  /** What the log of `from` says for each that worked and for each that did not. */
  log?: { works: string; fails: string } | undefined
}

const roles = ['client', 'service', 'worker', 'store', 'controller', 'job'] as const

/** Reads the document of a world.yaml. */
export function parseWorldFile(document: unknown): Checked<WorldFile> {
  return checkAgainst(schema, document)
}

const object = z.string().regex(/^[a-z0-9.]+\/[a-z0-9.-]+( -n [a-z0-9-]+)?$/, {
  error: (issue) => `expected kind/name -n namespace, got ${JSON.stringify(issue.input)}`,
})

const text = z.string().min(1)

const setting = z
  .strictObject({ object, env: text.optional(), key: text.optional() })
  .refine(({ env, key }) => (env === undefined) !== (key === undefined), { error: 'expected either env or key' })

const schema: z.ZodType<WorldFile> = z.strictObject({
  title: text,
  summary: text,
  story: z.strictObject({ company: text, users: text, suffers: text }),
  namespaces: z.record(z.string(), text),
  workloads: z.array(z.strictObject({ object, role: z.enum(roles), does: text, service: text.optional() })).min(2),
  traffic: z
    .array(
      z.strictObject({
        from: object,
        to: z.union([z.literal('api'), object]),
        url: text.optional(),
        setting: setting.optional(),
        credentials: z.strictObject({ object, key: text }).optional(),
        rights: object.optional(),
        log: z.strictObject({ works: text, fails: text }).optional(),
      }),
    )
    .min(1),
  bystanders: z.array(z.strictObject({ object, because: text })).min(1),
  healthy: z.array(z.record(z.string(), z.unknown())).min(1),
  permissions: z.array(text).min(1),
})
