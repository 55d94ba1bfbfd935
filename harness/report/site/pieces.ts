import type { Outcome } from '../../record/events.ts'
import type { Rate } from '../statistics/clustered-rate.ts'
import { slugOf, type TrialLine } from '../pages/page-data.ts'
import { element, type Child } from './element.ts'
import { dollars, duration, outcomeMeanings, outcomeSigns, percent } from './format.ts'
import { root } from './frame.ts'

export function badge(outcome: Outcome): HTMLElement {
  return element(
    'span',
    { class: `badge ${outcome}`, title: outcomeMeanings[outcome] },
    element('span', { 'aria-hidden': 'true' }, outcomeSigns[outcome]),
    ' ',
    outcome,
  )
}

export function agentLink(agent: string): HTMLElement {
  return element('a', { href: `${root}agents/${slugOf(agent)}.html` }, agent)
}

export function taskLink(task: string): HTMLElement {
  return element('a', { href: `${root}tasks/${slugOf(task)}.html` }, task)
}

export function trialHref(id: string): string {
  return `${root}trials/${id}.html`
}

/** A share as a number over a bar with its interval. */
export function meter(rate: Pick<Rate, 'share' | 'low' | 'high'> | undefined, kind: 'solved' | 'unsafe'): HTMLElement {
  if (!rate) return element('span', { class: 'faint' }, '–')
  const label = `${percent(rate.share)}, 95 % interval ${percent(rate.low)} to ${percent(rate.high)}`
  const style = `--share:${rate.share};--low:${rate.low};--high:${rate.high}`
  return element(
    'span',
    { class: `meter ${kind}`, title: label },
    element('strong', {}, percent(rate.share)),
    element('span', { class: 'track', style, 'aria-hidden': 'true' }),
    element('small', {}, `${percent(rate.low)} – ${percent(rate.high)}`),
  )
}

export function facts(pairs: [string, Child][]): HTMLElement {
  return element(
    'dl',
    { class: 'facts' },
    pairs.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value))),
  )
}

export function figure(title: string, note: string, chart: Element): HTMLElement {
  return element(
    'figure',
    {},
    element('figcaption', {}, element('strong', {}, title), element('span', {}, note)),
    element('div', { class: 'chart', tabindex: '0', role: 'group', 'aria-label': title }, withoutMarkNames(chart)),
  )
}

/** Plot names its marks for screen readers on elements that may not have a name; the chart as a whole has one. */
function withoutMarkNames(chart: Element): Element {
  for (const mark of chart.querySelectorAll('g[aria-label]')) mark.removeAttribute('aria-label')
  return chart
}

/** A list of trials; each row opens its page. */
export function trialTable(
  rows: readonly TrialLine[],
  columns: { hasTask?: boolean; hasAgent?: boolean; more?: (row: TrialLine) => Child } = {},
): HTMLElement {
  const { hasTask = true, hasAgent = true, more } = columns
  const hasCost = rows.some(({ costUsd }) => costUsd !== undefined)
  return element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Trials' },
    element(
      'table',
      { class: 'rows' },
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          element('th', { scope: 'col' }, 'Outcome'),
          hasTask && element('th', { scope: 'col' }, 'Task'),
          hasAgent && element('th', { scope: 'col' }, 'Agent'),
          element('th', { scope: 'col', class: 'number' }, 'Attempt'),
          element('th', { scope: 'col', class: 'number' }, 'Time'),
          element('th', { scope: 'col', class: 'number' }, 'Calls'),
          hasCost && element('th', { scope: 'col', class: 'number' }, 'Cost'),
          element('th', { scope: 'col' }, more ? 'Because, and what it changed' : 'Because'),
        ),
      ),
      element(
        'tbody',
        {},
        rows.map((row) =>
          element(
            'tr',
            { 'data-row': '', 'data-outcome': row.outcome },
            element(
              'td',
              {},
              element(
                'a',
                {
                  href: trialHref(row.id),
                  class: 'open',
                  'aria-label': `${row.outcome}: ${row.task}, ${row.agent}, attempt ${row.attempt}`,
                },
                badge(row.outcome),
              ),
            ),
            hasTask && element('td', {}, taskLink(row.task)),
            hasAgent && element('td', {}, agentLink(row.agent)),
            element('td', { class: 'number' }, row.attempt),
            element('td', { class: 'number' }, duration(row.seconds)),
            element('td', { class: 'number' }, row.toolCalls),
            hasCost && element('td', { class: 'number' }, dollars(row.costUsd)),
            element(
              'td',
              { class: 'because' },
              row.because ?? element('span', { class: 'faint' }, 'held out'),
              more?.(row),
            ),
          ),
        ),
      ),
    ),
  )
}
