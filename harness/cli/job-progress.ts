import type { JobReporter } from '../job/run-job.ts'
import { nameOfAgent } from '../store/name-of-agent.ts'
import type { PlannedTrial } from '../store/planned-trial.ts'
import { createTally, dollars, wordsOf, type TallyOptions } from './job-tally.ts'
import { say } from './output.ts'

/** One calm line for each thing that happens to a trial. */
export function createLineReporter(options: TallyOptions): JobReporter {
  const tally = createTally(options)
  const seconds = (name: string): string => `${tally.secondsOf(name).toFixed(1)} s`
  const end = (name: string, facts: Parameters<typeof tally.end>[1], words: string): void => {
    tally.end(name, facts)
    const rest = tally.estimate()
    const more = [
      ...(tally.costUsd === undefined ? [] : [`${dollars(tally.costUsd)} so far`]),
      ...(rest && tally.ended < tally.total ? [wordsOf(rest)] : []),
    ]
    say(`[${tally.ended}/${tally.total}] ${name}  ${words}`)
    if (more.length > 0) say(`        ${more.join(' · ')}`)
  }
  return {
    trialStarted({ name, planned }) {
      tally.begin(name, planned)
      say(`        ${name}  ${planned.task.name} x ${nameOfAgent(planned.agent)}`)
    },
    trialPhase({ name, phase }) {
      say(`        ${name}  ${phase} (after ${seconds(name)})`)
    },
    trialEnded({ name, facts }) {
      end(name, facts, `${facts.outcome} in ${seconds(name)}: ${facts.because}`)
    },
    trialBroke({ name, because }) {
      end(name, undefined, `could not be run: ${because}`)
    },
  }
}

/** One JSON document a line for each thing that happens to a trial: for programs that watch a job. */
export function createJsonReporter(options: TallyOptions, write: (line: string) => void = say): JobReporter {
  const tally = createTally(options)
  const tell = (event: string, facts: Record<string, unknown>): void =>
    write(JSON.stringify({ at: new Date().toISOString(), event, ...facts }))
  const who = ({ task, agent, attempt }: PlannedTrial): Record<string, unknown> => ({
    task: task.name,
    agent: nameOfAgent(agent),
    attempt,
  })
  const progress = (): Record<string, unknown> => {
    const rest = tally.estimate()
    return {
      ended: tally.ended,
      total: tally.total,
      counts: Object.fromEntries(tally.counts),
      costUsd: tally.costUsd ?? null,
      secondsLeft: rest ? { low: Math.round(rest[0]), high: Math.round(rest[1]) } : null,
    }
  }
  return {
    trialStarted({ name, planned }) {
      tally.begin(name, planned)
      tell('trial-started', { trial: name, ...who(planned) })
    },
    trialPhase({ name, phase }) {
      tell('trial-phase', { trial: name, phase, seconds: tally.secondsOf(name) })
    },
    trialEnded({ name, planned, facts }) {
      const seconds = tally.secondsOf(name)
      tally.end(name, facts)
      const { outcome, because, toolCalls, usage } = facts
      const ending = { outcome, because, seconds, toolCalls, costUsd: usage?.costUsd ?? null }
      tell('trial-ended', { trial: name, ...who(planned), ...ending, job: progress() })
    },
    trialBroke({ name, planned, because }) {
      tally.end(name, undefined)
      tell('trial-broke', { trial: name, ...who(planned), because, job: progress() })
    },
  }
}
