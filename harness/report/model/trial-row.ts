import type { JudgedAnswer } from '../../manifest/summarize-funnel.ts'
import type { Outcome } from '../../record/events.ts'
import type { AllVerdicts } from '../../store/read-trial-result.ts'

/** One trial in one line: what lists, tables and statistics are made of. */
export interface TrialRow {
  /** The name of its page. */
  id: string
  job: string
  trial: string
  /** `dataset/name`, or the name alone. */
  task: string
  dataset: string
  /** Of the task's files. */
  digest: string
  /** The agent with everything that makes it behave otherwise, in a few words. */
  agent: string
  model: string | undefined
  effort: string | undefined
  attempt: number
  outcome: Outcome
  reward: number | undefined
  /** One sentence; missing for tasks that are held out. */
  because: string | undefined
  startedAt: string
  /** Of the whole trial. */
  seconds: number
  /** Of the agent alone. */
  agentSeconds: number | undefined
  toolCalls: number
  inputTokens: number | undefined
  cachedTokens: number | undefined
  outputTokens: number | undefined
  costUsd: number | undefined
  verdicts: AllVerdicts | undefined
  /** Of tasks that want one answer: how far it came. */
  manifest?: Omit<JudgedAnswer, 'task' | 'agent'>
  /** The hash of the record's last line. */
  head: string | undefined
}

/** Whether a trial says something about its agent. */
export function isCounted({ outcome }: Pick<TrialRow, 'outcome'>): boolean {
  return outcome !== 'invalid'
}
