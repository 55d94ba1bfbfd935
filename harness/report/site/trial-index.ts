import type { Outcome } from '../../record/events.ts'
import { outcomeLetters, type TrialLine } from '../pages/page-data.ts'
import { root } from './frame.ts'

type IndexRow = [
  id: string,
  task: string,
  agent: string,
  attempt: number,
  outcome: string,
  seconds: number,
  calls: number,
  job: string,
]

const outcomeOf = new Map(Object.entries(outcomeLetters).map(([outcome, letter]) => [letter, outcome as Outcome]))
let loading: Promise<TrialLine[]> | undefined

/** Every trial of the site, loaded when somebody first asks; a script, because pages from disk may fetch nothing else. */
export function loadTrialIndex(): Promise<TrialLine[]> {
  loading ??= new Promise((resolve, reject) => {
    Object.assign(globalThis, { kubemendTrials: (rows: IndexRow[]) => resolve(rows.map(lineOf)) })
    const script = document.createElement('script')
    script.src = `${root}assets/trials.js`
    script.addEventListener('error', () => reject(new Error('assets/trials.js is missing')))
    document.head.append(script)
  })
  return loading
}

function lineOf([id, task, agent, attempt, letter, seconds, toolCalls, job]: IndexRow): TrialLine {
  const outcome = outcomeOf.get(letter) ?? 'invalid'
  return { id, task, agent, attempt, outcome, because: '', seconds, toolCalls, costUsd: undefined, job }
}
