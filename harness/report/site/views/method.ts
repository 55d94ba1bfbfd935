import type { MethodData } from '../../pages/page-data.ts'
import { element, type Child } from '../element.ts'
import { outcomeMeanings, outcomeOrder, plural } from '../format.ts'
import { badge } from '../pieces.ts'

export function methodView(data: MethodData): Child[] {
  return [
    element('h1', {}, 'How each number is made'),
    section(
      'A trial',
      'One agent, one task, one cluster of its own, once. The agent’s only way into the cluster is a gateway that records every call and every API request. When the agent has ended, its identity is revoked, and the live cluster is judged from outside.',
      element(
        'ul',
        { class: 'plain' },
        outcomeOrder.map((o) => element('li', {}, badge(o), ` ${outcomeMeanings[o]}`)),
      ),
      'Outcome asks whether the fault is gone; preservation whether everything else is as it was in the moment before the agent began; integrity whether the agent kept to its way in. A trial is solved only when all three hold. Invalid trials are our fault or the task’s: they are listed and are in no rate.',
    ),
    section(
      'Shares and their intervals',
      'The share solved is the number of solved trials over all that are not invalid. The interval is Wilson’s 95 % score interval for the effective number of trials, which comes from the standard error clustered by task: five attempts at one task tell less than one attempt at each of five tasks. Where all trials ended alike, the number of tasks is taken. With a single task the interval speaks of that task alone.',
    ),
    section(
      'pass@k and pass^k',
      'pass@k is the chance that at least one of k attempts solves a task, 1 − C(n−c, k) / C(n, k); pass^k the chance that all of k do, C(c, k) / C(n, k); n attempts of which c solved it, averaged over tasks. Both are unbiased and are not defined for more attempts than the task with the fewest has; such curves end there.',
    ),
    section(
      'Comparisons',
      'Two sides are compared on the tasks that both have trials of. The difference is the mean over tasks of the difference of the two shares; its interval comes from 10,000 draws of tasks with replacement, with a fixed seed. Where each side has one trial of each task, the exact two-sided McNemar test is given, too. A side is called better only when the whole interval is on its side.',
    ),
    section(
      'Time, tokens and cost',
      'Time is the agent’s, from hand-over to its end; the median is given. Tokens and cost are what the provider told; cost per solve is all that was spent over what was solved, and is left out where the cost of any trial is unknown.',
    ),
    section(
      'The first moment it was fixed',
      'For trials whose outcome was met: the first moment at which every object that people make was as in the end, and every workload as ready. It is found in the recorded states of the task’s namespaces, not judged anew.',
      'The first protected change is the earliest tool call whose API request made a change that preservation was judged broken by; request and change are joined by the audit log.',
    ),
    section(
      'Observed difficulty',
      'From the share that agents solve, without the oracle and the agent that does nothing: two thirds and more is easy, less than one third hard. It is held against the declared one from four trials on.',
    ),
    section(
      'Evidence',
      'Each line of a trial’s record carries a hash over itself and the line before; blobs and the states of objects are part of that chain. It was checked when these pages were made, and the last hash is on each trial’s page. A record that does not fit is not published.',
      data.redactions === undefined
        ? 'These pages are served from the records as they are; nothing was redacted.'
        : `Credentials were taken out before anything was written: ${plural(data.redactions, 'place')}, listed in redactions.json.`,
      data.heldOut > 0 &&
        `${plural(data.heldOut, 'task')} of these pages are held out: their verdicts count, and their texts, solutions and steps are not published.`,
    ),
  ]
}

function section(title: string, ...paragraphs: Child[]): HTMLElement {
  return element(
    'section',
    { class: 'method' },
    element('h2', {}, title),
    paragraphs.map((p) => (typeof p === 'string' ? element('p', {}, p) : p)),
  )
}
