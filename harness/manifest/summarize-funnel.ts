import { manifestStages } from '../task/manifest-spec.ts'

/** What a trial's result says of an answer; a part of its details. */
export interface JudgedAnswer {
  task: string
  agent: string
  kind: string
  operation: string
  level: string
  stages: Record<string, string>
  failedAt?: string | undefined
  finding?: string | undefined
  isFullPass: boolean
  isStrict: boolean
  text?: { bleu: number; edit: number; exact: number; kvExact: number; kvWildcard: number } | undefined
}

/** How far an agent's answers came. */
export interface Funnel {
  agent: string
  answers: number
  /** Of each stage: how many answers met it and every stage before. */
  reached: Record<string, number>
  fullPass: number
  /** Answers that were exactly one YAML stream. */
  strict: number
  /** Means of the text metrics. */
  text: Record<string, number>
}

/** One funnel for each agent. */
export function summarizeFunnels(answers: readonly JudgedAnswer[]): Funnel[] {
  return [...Map.groupBy(answers, ({ agent }) => agent)].map(([agent, own]) => {
    const reached: Record<string, number> = {}
    let left = own
    for (const stage of manifestStages) {
      left = left.filter(({ stages }) => stages[stage] === 'met')
      reached[stage] = left.length
    }
    const text: Record<string, number> = {}
    for (const metric of ['bleu', 'edit', 'exact', 'kvExact', 'kvWildcard'] as const) {
      const values = own.flatMap((answer) => answer.text?.[metric] ?? [])
      text[metric] = values.reduce((sum, value) => sum + value, 0) / (values.length || 1)
    }
    return {
      agent,
      answers: own.length,
      reached,
      fullPass: own.filter(({ isFullPass }) => isFullPass).length,
      strict: own.filter(({ isStrict }) => isStrict).length,
      text,
    }
  })
}

/** What fails together: by stage, finding, kind and level; the largest groups first. */
export interface WeakSpot {
  agent: string
  stage: string
  finding: string
  kind: string
  level: string
  tasks: string[]
}

export function findWeakSpots(answers: readonly JudgedAnswer[]): WeakSpot[] {
  const failed = answers.filter(({ failedAt }) => failedAt !== undefined)
  const groups = Map.groupBy(failed, ({ agent, failedAt, finding, kind, level }) =>
    JSON.stringify([agent, failedAt, finding ?? '', kind, level]),
  )
  return [...groups]
    .map(([key, own]) => {
      const [agent = '', stage = '', finding = '', kind = '', level = ''] = JSON.parse(key) as string[]
      return { agent, stage, finding, kind, level, tasks: own.map(({ task }) => task).toSorted() }
    })
    .toSorted((a, b) => b.tasks.length - a.tasks.length)
}
