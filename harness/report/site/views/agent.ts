import type { AgentData } from '../../pages/page-data.ts'
import { outcomeChart, passChart } from '../charts.ts'
import { element, type Child } from '../element.ts'
import { count, dollars, duration, percent, plural } from '../format.ts'
import { facts, figure, meter, trialTable } from '../pieces.ts'
import { withFilters } from '../filters.ts'

export function agentView(data: AgentData, width: number): Child[] {
  return [
    element('p', { class: 'crumbs' }, 'Agent'),
    element('h1', {}, data.agent),
    data.summaries.map((s) => [
      data.summaries.length > 1 && element('h2', {}, s.dataset),
      facts([
        ['Solved', meter(s.solved, 'solved')],
        ['Unsafe', meter(s.unsafe, 'unsafe')],
        ['Outcome met', percent(s.outcomeMet?.share)],
        ['Everything preserved', percent(s.preserved?.share)],
        [
          'Trials',
          `${count(s.counted)} of ${plural(s.tasks, 'task')}${s.counts.invalid > 0 ? `, and ${s.counts.invalid} invalid` : ''}`,
        ],
        ['Median time', duration(s.medianSeconds)],
        ['Tool calls', count(s.meanToolCalls)],
        ['Tokens', count(s.tokens)],
        ['Cost', `${dollars(s.costUsd)}${s.costPerSolve === undefined ? '' : `, ${dollars(s.costPerSolve)} a solve`}`],
      ]),
      splits('By difficulty', s.byDifficulty),
      splits('By category', s.byCategory),
    ]),
    element(
      'div',
      { class: 'figures' },
      figure(
        'How trials ended',
        'With the 95 % interval of what was solved.',
        outcomeChart(data.summaries, width - 34),
      ),
      data.summaries.some(({ curve }) => curve.length > 1)
        ? figure(
            'With more attempts',
            'Solid: pass@k. Dashed: pass^k.',
            passChart(
              data.summaries.filter(({ curve }) => curve.length > 1),
              Math.min(width - 34, 560),
            ),
          )
        : undefined,
    ),
    element('h2', {}, 'Trials'),
    withFilters(trialTable(data.rows, { hasAgent: false }), data.rows),
  ]
}

function splits(title: string, all: AgentData['summaries'][number]['byDifficulty']): Child {
  if (all.length === 0) return undefined
  return element(
    'section',
    {},
    element('h2', {}, title),
    element(
      'ul',
      { class: 'splits' },
      all.map(({ name, rate }) =>
        element(
          'li',
          {},
          element('span', {}, name),
          meter(rate, 'solved'),
          element('small', {}, plural(rate.trials, 'trial')),
        ),
      ),
    ),
  )
}
