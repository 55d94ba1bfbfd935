import type { JobReporter } from '../job/run-job.ts'
import { nameOfAgent } from '../store/name-of-agent.ts'
import { say } from './output.ts'

/** One calm line for each thing that happens to a trial. */
export function createLineReporter(total: number): JobReporter {
  const startedAt = new Map<string, number>()
  let ended = 0
  const seconds = (name: string): string =>
    `${((Date.now() - (startedAt.get(name) ?? Date.now())) / 1000).toFixed(1)} s`
  return {
    trialStarted({ name, planned }) {
      startedAt.set(name, Date.now())
      say(`        ${name}  ${planned.task.name} x ${nameOfAgent(planned.agent)}`)
    },
    trialPhase({ name, phase }) {
      say(`        ${name}  ${phase} (after ${seconds(name)})`)
    },
    trialEnded({ name, facts }) {
      say(`[${++ended}/${total}] ${name}  ${facts.outcome} in ${seconds(name)}: ${facts.because}`)
    },
    trialBroke({ name, because }) {
      say(`[${++ended}/${total}] ${name}  could not be run: ${because}`)
    },
  }
}
