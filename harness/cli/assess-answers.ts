import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { KubeObject } from '../base/kube-client.ts'
import { assessAnswer, type Judge } from '../manifest/assess/assess-answer.ts'
import type { KeptAssessment } from '../manifest/assess/assessment.ts'
import type { StageVerdict } from '../manifest/verdict.ts'
import { loadTask } from '../task/load-task.ts'
import type { StoredAnswer } from './read-judged-answers.ts'

export interface AssessmentEnd {
  /** How many answers were judged now, and how many had been before. */
  made: number
  kept: number
  failed: { trial: string; judge: string; because: string }[]
}

/** Has judges say what they think of answers, and keeps it beside each trial; what a judge has said is not asked again. */
export async function assessAnswers(
  answers: readonly StoredAnswer[],
  judges: readonly Judge[],
  options: { concurrency: number; signal: AbortSignal },
): Promise<AssessmentEnd> {
  const end: AssessmentEnd = { made: 0, kept: 0, failed: [] }
  const queue = answers.values()
  const worker = async (): Promise<void> => {
    for (const answer of queue) {
      const given = await readGiven(answer)
      const all = answer.assessments.filter(
        ({ answer: text, evidence }) => text === given.answerDigest && evidence === given.evidenceDigest,
      )
      for (const judge of judges) {
        options.signal.throwIfAborted()
        if (all.some((one) => one.judge === judge.name)) {
          end.kept++
          continue
        }
        const assessed = await assessAnswer(judge, given.evidence, options.signal)
        if (assessed.failure !== undefined) {
          end.failed.push({ trial: answer.store.name, judge: judge.name, because: assessed.failure })
          continue
        }
        end.made++
        const kept: KeptAssessment = {
          judge: judge.name,
          ...assessed.assessment,
          answer: given.answerDigest,
          evidence: given.evidenceDigest,
          at: new Date().toISOString(),
          usage: assessed.usage,
        }
        all.push(kept)
        await answer.store.writeJson(answer.store.assessments, { version: 1, assessments: all })
      }
    }
  }
  await Promise.all(Array.from({ length: options.concurrency }, worker))
  return end
}

async function readGiven({ store, taskPath }: StoredAnswer) {
  const answer = await readFile(path.join(store.artifactsDir, 'answer.txt'), 'utf8')
  const verdicts = await readFile(store.verdicts, 'utf8')
  const objects = await readFile(store.liveObjects, 'utf8').catch(() => '{"objects":[]}')
  const { instruction } = await loadTask(taskPath)
  const { manifest } = JSON.parse(verdicts) as { manifest: { stages: StageVerdict[] } }
  const { objects: live } = JSON.parse(objects) as { objects: KubeObject[] }
  return {
    evidence: { request: instruction, answer, stages: manifest.stages, live },
    answerDigest: digestOf(answer),
    evidenceDigest: digestOf(instruction + verdicts + objects),
  }
}

export function digestOf(text: string): `sha256:${string}` {
  return `sha256:${createHash('sha256').update(text).digest('hex')}`
}
