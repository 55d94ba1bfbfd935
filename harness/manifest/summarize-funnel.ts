import { manifestStages } from '../task/manifest-spec.ts'
import { compositeOf, equalWeights, type Weights } from './assess/composite.ts'

/** What a trial's result says of an answer; a part of its details. */
export interface JudgedAnswer {
  task: string
  agent: string
  kind: string
  operation: string
  level: string
  split: string
  stages: Record<string, string>
  failedAt?: string | undefined
  finding?: string | undefined
  isFullPass: boolean
  isStrict: boolean
  text?: { bleu: number; edit: number; exact: number; kvExact: number; kvWildcard: number } | undefined
  /** From 0 to 1, the mean of the models that judged it; undefined when none did. */
  quality?: number | undefined
}

/** What the details of a trial's result say of an answer; undefined when the task wanted none. */
export function detailsOfAnswer(
  details: Record<string, unknown> | undefined,
): Omit<JudgedAnswer, 'task' | 'agent'> | undefined {
  return details?.['manifest'] as Omit<JudgedAnswer, 'task' | 'agent'> | undefined
}

/** How far an agent's answers came. */
export interface Funnel {
  agent: string
  answers: number
  /** Of each stage: how many answers met it and every stage before; one that another stage stands for does not count against. */
  reached: Record<string, number>
  fullPass: number
  /** Answers that were exactly one YAML stream. */
  strict: number
  /** Means of the text metrics. */
  text: Record<string, number>
  /** Of the answers that models judged: how many, their mean quality and the mean composite. */
  judged?: { answers: number; quality: number; composite: number }
}

/** One funnel for each agent. */
export function summarizeFunnels(answers: readonly JudgedAnswer[], weights: Weights = equalWeights): Funnel[] {
  return [...Map.groupBy(answers, ({ agent }) => agent)].map(([agent, own]) => {
    const reached: Record<string, number> = {}
    let left = own
    for (const [i, stage] of manifestStages.entries()) {
      left = left.filter((answer) => cameThrough(answer, stage, manifestStages.slice(i + 1)))
      reached[stage] = left.length
    }
    const text: Record<string, number> = {}
    for (const metric of ['bleu', 'edit', 'exact', 'kvExact', 'kvWildcard'] as const)
      text[metric] = mean(own.flatMap((answer) => answer.text?.[metric] ?? []))
    const judged = own.filter(({ quality }) => quality !== undefined)
    return {
      agent,
      answers: own.length,
      reached,
      fullPass: own.filter(({ isFullPass }) => isFullPass).length,
      strict: own.filter(({ isStrict }) => isStrict).length,
      text,
      ...(judged.length === 0
        ? {}
        : {
            judged: {
              answers: judged.length,
              quality: mean(judged.flatMap(({ quality }) => quality ?? [])),
              composite: mean(judged.flatMap((answer) => compositeOf(answer, weights) ?? [])),
            },
          }),
    }
  })
}

/** Whether an answer met a stage; a skipped one counts when a later one was looked at, which then stands for it. */
function cameThrough({ stages }: JudgedAnswer, stage: string, later: readonly string[]): boolean {
  if (stages[stage] === 'skipped') return later.some((one) => stages[one] === 'met' || stages[one] === 'not-met')
  return stages[stage] === 'met'
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / (values.length || 1)
}

/** What fails together: by stage, finding, kind and level; the largest groups first. */
export interface WeakSpot {
  agent: string
  stage: string
  finding: string
  kind: string
  operation: string
  level: string
  tasks: string[]
}

export function findWeakSpots(answers: readonly JudgedAnswer[]): WeakSpot[] {
  const failed = answers.filter(({ failedAt }) => failedAt !== undefined)
  const groups = Map.groupBy(failed, ({ agent, failedAt, finding, kind, operation, level }) =>
    JSON.stringify([agent, failedAt, finding ?? '', kind, operation, level]),
  )
  return [...groups]
    .map(([key, own]) => {
      const [agent = '', stage = '', finding = '', kind = '', operation = '', level = ''] = JSON.parse(key) as string[]
      return { agent, stage, finding, kind, operation, level, tasks: own.map(({ task }) => task).toSorted() }
    })
    .toSorted((a, b) => b.tasks.length - a.tasks.length)
}
