import { InputError } from '../base/errors.ts'
import type { KeptAssessment } from '../manifest/assess/assessment.ts'
import { detailsOfAnswer, type JudgedAnswer } from '../manifest/summarize-funnel.ts'
import { meanQuality, readAssessments } from '../report/model/read-assessments.ts'
import { JobStore } from '../store/job-store.ts'
import { nameOfAgent } from '../store/name-of-agent.ts'
import type { TrialStore } from '../store/trial-store.ts'

/** An answer of a finished trial, with where its evidence lies. */
export interface StoredAnswer extends JudgedAnswer {
  store: TrialStore
  /** Invalid trials say nothing about an answer. */
  isCounted: boolean
  /** Of the task as it was. */
  digest: string
  /** The task's folder as the job knew it. */
  taskPath: string
  /** The hash of the record's last line. */
  head: string | undefined
  assessments: KeptAssessment[]
}

/** The answers of a job's finished trials. */
export async function readJudgedAnswers(job: string): Promise<StoredAnswer[]> {
  const trials = await (await JobStore.open(job)).trials()
  const answers = await Promise.all(
    trials.map(async ({ state, store }): Promise<StoredAnswer[]> => {
      if (state.state !== 'finished') return []
      const { result } = state
      const details = detailsOfAnswer(result.x_kubemend.details)
      if (!details) return []
      const assessments = await readAssessments(store)
      return [
        {
          ...details,
          task: result.task_name,
          agent: nameOfAgent(result.x_kubemend.agent),
          quality: meanQuality(assessments),
          store,
          isCounted: result.x_kubemend.outcome !== 'invalid',
          digest: result.x_kubemend.digest,
          taskPath: result.task_id.path,
          head: result.x_kubemend.record?.head,
          assessments,
        },
      ]
    }),
  )
  return answers.flat()
}

/** The answers of a job, of which there must be some. */
export async function readSomeAnswers(job: string): Promise<StoredAnswer[]> {
  const answers = await readJudgedAnswers(job)
  if (answers.length === 0) throw new InputError([`${job}: no trial in it judged a manifest`])
  return answers
}
