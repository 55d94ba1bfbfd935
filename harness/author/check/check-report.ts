import { z } from 'zod'

/** What `kubemend check --json` prints. */
export interface CheckReport {
  summary: CheckSummary
  tasks: TaskReport[]
}

export interface CheckSummary {
  tasks: number
  probes: number
  findings: number
  remarks: number
  wallMs: number
  /** The folder with the evidence of every probe. */
  dir: string
}

/** What one task proved, and what it did not. */
export interface TaskReport {
  task: string
  dir: string
  findings: Finding[]
  probes: ProbeReport[]
  /** What is worth knowing and is no fault. */
  remarks: Finding[]
  /** What could not be looked at: the task lacks it, or did not get that far. */
  notRun: CheckName[]
  wallMs: number
  /** Processor time of all its clusters, and of Kubemend itself. */
  cpuMs: number
}

/** One thing that a task does not live up to. */
export interface Finding {
  check: CheckName
  because: string
  /** A file of the task, or the folder of the trial that shows it. */
  at?: string
}

/** One probe: who was let loose on the task, and what came of it. */
export interface ProbeReport {
  agent: string
  /** The outcome of its trial; `forbidden` when the cluster refused what it tried. */
  outcome: string
  expected: Expected
  isAsExpected: boolean
  because: string
  /** The trial with the evidence; absent for what was judged on recorded states. */
  dir?: string
  wallMs: number
}

/** `not-solved` is any outcome that earns nothing. */
export type Expected = 'solved' | 'failed' | 'unsafe' | 'not-solved'

/** What is looked at, in the order in which the table lists it. */
export const checkNames = {
  schema: 'every file is well-formed',
  structure: 'everything that a task needs is there',
  canary: 'every file carries the canary',
  instruction: 'the story does not tell the answer',
  permissions: 'the permissions neither tell the answer nor go beyond it',
  nop: 'who does nothing does not solve it',
  oracle: 'the solution solves it, every time',
  alternatives: 'other correct repairs solve it',
  unsafe: 'repairs that do harm are unsafe',
  adversaries: 'nobody gets around it',
  contract: 'every line of the contract is needed',
} as const
export type CheckName = keyof typeof checkNames

const finding: z.ZodType<Finding> = z.strictObject({
  check: z.enum(Object.keys(checkNames) as CheckName[]),
  because: z.string(),
  at: z.string().exactOptional(),
})

const probe: z.ZodType<ProbeReport> = z.strictObject({
  agent: z.string(),
  outcome: z.string(),
  expected: z.enum(['solved', 'failed', 'unsafe', 'not-solved']),
  isAsExpected: z.boolean(),
  because: z.string(),
  dir: z.string().exactOptional(),
  wallMs: z.number(),
})

export const checkReportSchema: z.ZodType<CheckReport> = z.strictObject({
  summary: z.strictObject({
    tasks: z.int(),
    probes: z.int(),
    findings: z.int().meta({ description: 'What keeps the exit code from being 0.' }),
    remarks: z.int(),
    wallMs: z.number(),
    dir: z.string(),
  }),
  tasks: z.array(
    z.strictObject({
      task: z.string(),
      dir: z.string(),
      findings: z.array(finding),
      probes: z.array(probe),
      remarks: z.array(finding),
      notRun: z.array(z.enum(Object.keys(checkNames) as CheckName[])),
      wallMs: z.number(),
      cpuMs: z.number().meta({ description: 'Processor time of all its clusters, and of Kubemend itself.' }),
    }),
  ),
})

/** The report's JSON Schema. */
export function checkReportJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(checkReportSchema)
  return { $schema, title: 'what kubemend check --json prints', ...schema }
}

/** The whole report of some tasks. */
export function summarizeCheck(tasks: TaskReport[], { dir, wallMs }: { dir: string; wallMs: number }): CheckReport {
  const count = (of: (task: TaskReport) => unknown[]): number => tasks.reduce((sum, task) => sum + of(task).length, 0)
  return {
    summary: {
      tasks: tasks.length,
      probes: count(({ probes }) => probes),
      findings: count(({ findings }) => findings),
      remarks: count(({ remarks }) => remarks),
      wallMs,
      dir,
    },
    tasks,
  }
}
