import type { JudgedAnswer } from '../manifest/summarize-funnel.ts'
import { JobStore } from '../store/job-store.ts'
import { nameOfAgent } from '../store/name-of-agent.ts'

/** The answers of a job's finished trials, with the folder of each. */
export async function readJudgedAnswers(job: string): Promise<(JudgedAnswer & { dir: string; digest: string })[]> {
  const store = await JobStore.open(job)
  const trials = await store.trials()
  return trials.flatMap(({ state, store: own }) => {
    if (state.state !== 'finished') return []
    const { result } = state
    const details = result.x_kubemend.details?.['manifest'] as Omit<JudgedAnswer, 'task' | 'agent'> | undefined
    if (!details) return []
    const about = {
      task: result.task_name,
      agent: nameOfAgent(result.x_kubemend.agent),
      dir: own.dir,
      digest: result.x_kubemend.digest,
    }
    return [{ ...details, ...about }]
  })
}
