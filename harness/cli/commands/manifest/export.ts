import { createHash } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { verifiers } from '../../../../verifiers/library.ts'
import { InputError } from '../../../base/errors.ts'
import type { StageVerdict } from '../../../manifest/verdict.ts'
import { selectTasks } from '../../../task/find-tasks.ts'
import { defineCommand, type Command } from '../../define-command.ts'
import { say } from '../../output.ts'
import { readJudgedAnswers } from '../../read-judged-answers.ts'

export const exportPairs: Command = defineCommand({
  summary: 'Writes the requests and answers of a job that pass levels 1 to 4, as JSONL for fine-tuning.',
  positionals: 'JOB FILE',
  flags: {
    'with-test': { type: 'boolean', summary: 'also tasks that are held out for comparing models' },
    'all-stages': { type: 'boolean', summary: 'only answers that pass on the cluster as well' },
  },
  details: 'Each line holds messages, the task with its digest, and what every stage said.',
  async run({ flags, positionals: [job = '', file = ''] }) {
    const answers = await readJudgedAnswers(job)
    if (answers.length === 0) throw new InputError([`${job}: no trial in it judged a manifest`])
    const tasks = new Map((await selectTasks({ paths: ['manifests'] }, { verifiers })).map((task) => [task.name, task]))
    const lines: string[] = []
    const seen = new Set<string>()
    for (const answer of answers) {
      const task = tasks.get(answer.task)
      if (!task || task.digest !== answer.digest || !answer.isFullPass) continue
      if (flags['all-stages'] && answer.failedAt !== undefined) continue
      if (task.manifest?.split === 'test' && !flags['with-test']) continue
      const text = await readFile(path.join(answer.dir, 'artifacts', 'answer.txt'), 'utf8')
      const sha256 = createHash('sha256').update(text).digest('hex')
      if (seen.has(`${task.name} ${sha256}`)) continue
      seen.add(`${task.name} ${sha256}`)
      const verdicts = JSON.parse(await readFile(path.join(answer.dir, 'kubemend', 'verdicts.json'), 'utf8')) as {
        manifest: { stages: StageVerdict[] }
      }
      lines.push(
        JSON.stringify({
          messages: [
            { role: 'user', content: task.instruction },
            { role: 'assistant', content: text },
          ],
          task: {
            id: task.id,
            digest: task.digest,
            split: task.manifest?.split,
            level: task.manifest?.level,
            kind: answer.kind,
          },
          answer: { sha256, agent: answer.agent },
          evidence: verdicts.manifest.stages.map(({ stage, status, because }) => ({ stage, status, because })),
        }),
      )
    }
    await writeFile(file, lines.map((line) => `${line}\n`).join(''))
    say(`${lines.length} of ${answers.length} answers written to ${file}`)
    return lines.length > 0 ? 0 : 1
  },
})
