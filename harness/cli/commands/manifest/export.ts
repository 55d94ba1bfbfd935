import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { InputError } from '../../../base/errors.ts'
import type { StageVerdict } from '../../../manifest/verdict.ts'
import { tryLoadTask } from '../../../task/load-task.ts'
import type { Task } from '../../../task/task.ts'
import { defineCommand, type Command } from '../../define-command.ts'
import { say } from '../../output.ts'
import { readSomeAnswers, type StoredAnswer } from '../../read-judged-answers.ts'

export const exportPairs: Command = defineCommand({
  summary: 'Writes the requests and answers of a job that pass levels 1 to 4, as JSONL for fine-tuning.',
  positionals: 'JOB FILE',
  flags: {
    'with-test': { type: 'boolean', summary: 'also tasks that are held out for comparing models' },
    'all-stages': { type: 'boolean', summary: 'only answers that pass on the cluster as well' },
  },
  details: `Each line holds messages, the task and the answer with their digests, and what every stage found. Left out are answers whose task
has changed since.`,
  async run({ flags, positionals: [job = '', file = ''] }) {
    const answers = await readSomeAnswers(job)
    const lines: string[] = []
    const seen = new Set<string>()
    const left = { 'does not pass': 0, 'held out': 0, 'task has changed': 0, 'is there twice': 0 }
    for (const answer of answers) {
      const { task } = await tryLoadTask(answer.taskPath)
      const passes = answer.isFullPass && (!flags['all-stages'] || answer.failedAt === undefined)
      const text = await readFile(path.join(answer.store.artifactsDir, 'answer.txt'), 'utf8')
      const key = `${answer.task} ${sha256(text.trim())}`
      if (!passes) left['does not pass']++
      else if (!task || task.digest !== answer.digest) left['task has changed']++
      else if (task.manifest?.split === 'test' && !flags['with-test']) left['held out']++
      else if (seen.has(key)) left['is there twice']++
      else {
        seen.add(key)
        lines.push(JSON.stringify(await pairOf(task, answer, text)))
      }
    }
    await writeFile(file, lines.map((line) => `${line}\n`).join(''))
    const why = Object.entries(left).filter(([, count]) => count > 0)
    say(`${lines.length} of ${answers.length} answers written to ${file}`)
    if (why.length > 0) say(`left out: ${why.map(([reason, count]) => `${count} ${reason}`).join(', ')}`)
    return lines.length > 0 ? 0 : 1
  },
})

/** One line: what a model would learn from, and what shows that it is right. */
async function pairOf(task: Task, answer: StoredAnswer, text: string) {
  const verdicts = await readFile(answer.store.verdicts, 'utf8')
  const { manifest } = JSON.parse(verdicts) as { manifest: { stages: StageVerdict[] } }
  if (!manifest.stages.slice(0, 5).every(({ status }) => status === 'met'))
    throw new InputError([`${answer.store.verdicts}: says otherwise than the trial's result`])
  return {
    messages: [
      { role: 'user', content: task.instruction },
      { role: 'assistant', content: text },
    ],
    task: {
      id: task.id,
      digest: task.digest,
      split: task.manifest?.split,
      level: task.manifest?.level,
      operation: answer.operation,
      kind: answer.kind,
    },
    answer: { sha256: sha256(text), agent: answer.agent, trial: answer.store.name },
    evidence: {
      stages: manifest.stages.map(({ stage, status, because, notes, evidence }) => ({
        stage,
        status,
        because,
        ...(notes.length === 0 ? {} : { notes }),
        ...(evidence === undefined ? {} : { evidence }),
      })),
      verdicts: `sha256:${sha256(verdicts)}`,
      ...(answer.head === undefined ? {} : { record: answer.head }),
    },
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
