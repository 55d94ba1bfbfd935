import { z } from 'zod'
import type { ToolCallOutcome, ToolDefinition } from '../record/gateway-event.ts'

export interface ToolResult {
  text: string
  structured?: Record<string, unknown>
  isError?: boolean
  /** `ran` unless said otherwise. */
  outcome?: ToolCallOutcome
  refusedBy?: string
  exitCode?: number
  argv?: string[]
  stdoutBytes?: number
  stderrBytes?: number
  /** Content other than text, passed on from an external server. */
  content?: Record<string, unknown>[]
}

/** What a tool may know about the call it serves. */
export interface ToolCall {
  id: string
  /** Aborted when the client takes the call back or the trial ends. */
  signal: AbortSignal
  /** Tells the client how far the call is, where it asked for that. */
  onProgress?: (progress: Progress) => void
}

export interface Progress {
  progress: number
  total?: number
  message?: string
}

/** A tool as the gateway runs it; its arguments come as the client sent them. */
export interface Tool {
  definition: ToolDefinition
  /** Still there when the budget of calls is spent. */
  isFree?: true
  run(args: Record<string, unknown>, call: ToolCall): Promise<ToolResult>
}

/** All four hints, decided for every tool. */
export interface CompleteAnnotations {
  readOnlyHint: boolean
  destructiveHint: boolean
  idempotentHint: boolean
  openWorldHint: boolean
}

/** Defines a tool once: its schema is what clients see and what its arguments are checked against. */
export function defineTool<S extends z.ZodObject>(tool: {
  name: string
  title: string
  description: string
  input: S
  output?: z.ZodObject
  annotations: CompleteAnnotations
  isFree?: true
  run: (input: z.infer<S>, call: ToolCall) => Promise<ToolResult>
}): Tool {
  return {
    ...(tool.isFree ? { isFree: true } : {}),
    definition: {
      name: tool.name,
      title: tool.title,
      description: tool.description,
      inputSchema: jsonSchemaOf(tool.input),
      ...(tool.output === undefined ? {} : { outputSchema: jsonSchemaOf(tool.output) }),
      annotations: { ...tool.annotations },
    },
    async run(args, call) {
      const parsed = tool.input.safeParse(args)
      if (parsed.success) return tool.run(parsed.data, call)
      return { text: describeProblems(tool.name, parsed.error), isError: true, outcome: 'invalid' }
    },
  }
}

function jsonSchemaOf(schema: z.ZodObject): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

function describeProblems(name: string, error: z.ZodError): string {
  const problems = error.issues.map((issue) => `${issue.path.join('.') || 'arguments'}: ${issue.message}`)
  return `${name}: ${problems.join('; ')}`
}
