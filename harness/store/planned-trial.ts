/** Which task it was, exactly: the digest is Harbor's packaging digest of the folder. */
export interface TaskIdentity {
  name: string
  /** As given, from the folder that the job was started in. */
  path: string
  /** The dataset's name; a task on its own has none. */
  dataset?: string
  digest: `sha256:${string}`
  version?: string
}

/** Which agent it was, with everything that makes it behave otherwise. */
export interface AgentIdentity {
  name: string
  /** `provider/name`, as people write it. */
  model?: string
  effort?: string
  /** What else it was given: flags, a system prompt's name, an MCP server's command. */
  options?: Record<string, unknown>
}

/** One trial of a job's plan: an agent, a task, and which of its attempts. */
export interface PlannedTrial {
  task: TaskIdentity
  agent: AgentIdentity
  /** 1 for the first. */
  attempt: number
}

/** What two trials of one plan never share. The digest is not in it: a changed task is the same task, changed. */
export function plannedKey({ task, agent, attempt }: PlannedTrial): string {
  const { name, model, effort, options } = agent
  return JSON.stringify([
    task.dataset ?? '',
    task.name,
    name,
    model ?? '',
    effort ?? '',
    sorted(options ?? {}),
    attempt,
  ])
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  )
}
