import type { KubeClient, KubeObject } from '../base/kube-client.ts'
import { manifestStages, type ManifestPart, type ManifestStage } from '../task/manifest-spec.ts'
import { judgeAnswer, type RunUnitTest } from './judge-answer.ts'
import { createApiSchemas } from './schema/api-schemas.ts'
import { prepareEvaluation } from './site/evaluation-identity.ts'
import { Site } from './site/site.ts'

export interface ProvableTask extends ManifestPart {
  name: string
  world: readonly KubeObject[]
  /** What its pods run; without any, its namespace is kept from one answer to the next. */
  images: readonly string[]
}

/** What one answer of a task was to do, and did. */
export interface ProofRow {
  task: string
  /** `reference`, or a wrong answer's name. */
  answer: string
  /** Undefined: it must pass every stage. */
  expected: ManifestStage | undefined
  failedAt: ManifestStage | undefined
  because: string
  isProven: boolean
  ms: number
  /** How often the cluster was asked for each kind of effect. */
  asked: Record<string, number>
}

export interface ProveOptions {
  client: KubeClient
  concurrency: number
  signal: AbortSignal
  runUnitTest?: RunUnitTest
  onRow?: (row: ProofRow) => void
  /** Rows of an earlier part of the same sweep: what they say is not asked again. */
  done?: readonly ProofRow[]
  /** No answer is begun after this moment. */
  until?: number
}

interface Work {
  task: ProvableTask
  answer: string
  text: string
  expected: ManifestStage | undefined
}

/**
 * Proves tasks on one cluster, many at a time, each in its own namespace: the reference passes every stage, and each wrong
 * answer fails first where the task says. One round of all references, then one of each wrong answer, so that namespaces
 * of tasks with pods have gone by the time they are needed again. Namespaces without pods stay: the cluster goes as a whole.
 */
export async function proveTasks(tasks: readonly ProvableTask[], options: ProveOptions): Promise<ProofRow[]> {
  const { client } = options
  await prepareEvaluation(client)
  const schemas = createApiSchemas(client)
  const rounds = Math.max(0, ...tasks.map(({ wrong }) => wrong.length))
  const work: Work[] = []
  for (const task of tasks) work.push({ task, answer: 'reference', text: task.reference, expected: undefined })
  for (let round = 0; round < rounds; round++) {
    for (const task of tasks) {
      const wrong = task.wrong[round]
      if (wrong) work.push({ task, answer: wrong.name, text: wrong.text, expected: wrong.fails })
    }
  }
  const done = new Set(options.done?.map(({ task, answer }) => `${task} ${answer}`))
  const rows: ProofRow[] = [...(options.done ?? [])]
  const queue = work.filter(({ task, answer }) => !done.has(`${task.name} ${answer}`)).values()
  const worker = async (): Promise<void> => {
    for (const { task, answer, text, expected } of queue) {
      options.signal.throwIfAborted()
      if (options.until !== undefined && Date.now() > options.until) return
      const startedAt = performance.now()
      const judged = await judgeAnswer(text, {
        spec: task.spec,
        reference: task.reference,
        schemas,
        stopsAtFailure: true,
        ...(options.runUnitTest ? { runUnitTest: options.runUnitTest } : {}),
        openSite: ({ isAlone }) =>
          Site.open({
            client,
            task,
            signal: options.signal,
            isAlone,
            keepsNamespace: task.images.length === 0 && task.spec['unit-test'] === undefined,
          }),
      })
      const last = judged.stages.find(({ stage }) => stage === (judged.failedAt ?? 'accuracy'))
      const row: ProofRow = {
        task: task.name,
        answer,
        expected,
        failedAt: judged.failedAt,
        because: last?.because ?? '',
        isProven: judged.failedAt === expected && last?.status !== 'unknown',
        ms: Math.round(performance.now() - startedAt),
        asked: last?.stage === 'accuracy' ? countsIn(last.evidence) : {},
      }
      rows.push(row)
      options.onRow?.(row)
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, worker))
  return rows
}

/** The numbers of some evidence: how often the cluster was asked for what. */
function countsIn(evidence: unknown): Record<string, number> {
  const entries = Object.entries(evidence ?? {}).filter((pair): pair is [string, number] => typeof pair[1] === 'number')
  return Object.fromEntries(entries)
}

/** What a sweep says as a whole. */
export function summarizeProof(rows: readonly ProofRow[]): {
  tasks: number
  answers: number
  proven: number
  byStage: Record<string, number>
  asked: Record<string, number>
} {
  const byStage: Record<string, number> = { passed: rows.filter(({ expected }) => expected === undefined).length }
  for (const stage of manifestStages) byStage[stage] = rows.filter(({ expected }) => expected === stage).length
  const asked: Record<string, number> = {}
  for (const row of rows)
    for (const [what, count] of Object.entries(row.asked)) asked[what] = (asked[what] ?? 0) + count
  return {
    tasks: new Set(rows.map(({ task }) => task)).size,
    answers: rows.length,
    proven: rows.filter(({ isProven }) => isProven).length,
    byStage,
    asked,
  }
}
