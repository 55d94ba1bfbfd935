import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { InputError, messageOf } from '../../harness/base/errors.ts'
import type { Agent } from '../agent.ts'

/** Answers that were made elsewhere: a file with one `{"task": ..., "answer": ...}` a line, later lines counting. */
export function createAnswers(file: string): Agent {
  let answers: Promise<Map<string, string>> | undefined
  return {
    name: 'answers',
    version: '1',
    usesModel: false,
    run: () => Promise.resolve({ reason: 'error', because: 'answers from a file fit only tasks that want one answer' }),
    async answer({ task }) {
      answers ??= readAnswers(file)
      const all = await answers
      const answer = all.get(task) ?? all.get(task.split('/').at(-1) ?? '')
      if (answer === undefined) return { reason: 'error', because: `${file} has no answer to ${task}` }
      return { reason: 'finished', answer }
    },
  }
}

/** Reads such a file; everything wrong with it is one `InputError`. */
export async function readAnswers(file: string): Promise<Map<string, string>> {
  const answers = new Map<string, string>()
  const problems: string[] = []
  let number = 0
  try {
    for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Infinity })) {
      number++
      if (line.trim() === '') continue
      const row = parseRow(line)
      if (row) answers.set(row.task, row.answer)
      else problems.push(`${file}:${number}: expected {"task": "...", "answer": "..."}`)
    }
  } catch (error) {
    throw new InputError([`${file}: ${messageOf(error)}`], { cause: error })
  }
  if (problems.length > 0) throw new InputError(problems.slice(0, 20))
  return answers
}

function parseRow(line: string): { task: string; answer: string } | undefined {
  try {
    const row = JSON.parse(line) as { task?: unknown; answer?: unknown } | null
    if (typeof row?.task !== 'string' || typeof row.answer !== 'string') return undefined
    return { task: row.task, answer: row.answer }
  } catch {
    return undefined
  }
}
