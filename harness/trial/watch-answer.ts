import { readFile } from 'node:fs/promises'
import path from 'node:path'
import type { CheckVerdict } from '../../verifiers/run-checks.ts'
import type { GatewayEvent } from '../record/gateway-event.ts'
import { packagedFiles } from '../task/digest.ts'
import type { Task } from '../task/task.ts'

/** Looks for the answer in whatever tools tell the agent. */
export interface AnswerWatch {
  saw(event: GatewayEvent): void
  verdict(): CheckVerdict
}

/**
 * Watches for the text of the task's solution and tests: for several lines of one file in what one call was answered. One
 * line alone may be the agent's own words.
 */
export async function watchAnswer(task: Pick<Task, 'dir' | 'instruction'>): Promise<AnswerWatch> {
  const files = (await packagedFiles(task.dir)).filter((file) => /^(?:solution|tests)\//.test(file))
  const answers = await Promise.all(
    files.map(async (file) => {
      const text = await readFile(path.join(task.dir, file), 'utf8')
      return { file, lines: tellingLines(file, text, task.instruction) }
    }),
  )
  const watched = answers.filter(({ lines }) => lines.length >= fewestLines)
  let found: { file: string; call: string; lines: string[] } | undefined
  return {
    saw(event) {
      if (found || event.type !== 'tool-call-finished') return
      for (const { file, lines } of watched) {
        const seen = lines.filter((line) => event.text.includes(line))
        if (seen.length >= Math.min(manyLines, lines.length))
          found = { file, call: event.call, lines: seen.slice(0, 5) }
      }
    },
    verdict() {
      const base = { verifier: 'answer-not-read', at: 'integrity', durationMs: 0 }
      if (!found)
        return { ...base, status: 'met', because: 'no tool told the agent what the solution or the tests say' }
      const because = `a tool told the agent what is written in ${found.file} (${found.call})`
      return { ...base, status: 'not-met', because, evidence: found }
    },
  }
}

const fewestLines = 2
const manyLines = 3

/**
 * Lines that nobody comes upon by chance: long ones, without comments, and without what a repaired object shows anyway when
 * it is looked at, as YAML has it line by line.
 */
function tellingLines(file: string, text: string, instruction: string): string[] {
  const isManifest = /\.ya?ml$/.test(file)
  const lines = text.split('\n').map((line) => line.trim())
  return [...new Set(lines)].filter((line) => {
    if (line.length < 24 || /^(?:#|set -)/.test(line) || instruction.includes(line)) return false
    return isManifest ? /[{[].*[}\]]/.test(line) : !/^(?:- )*["']?[\w./-]+["']?:(?:\s|$)|^- /.test(line)
  })
}
