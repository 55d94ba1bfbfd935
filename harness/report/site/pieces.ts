import type { Outcome } from '../../record/events.ts'
import type { Rate } from '../statistics/clustered-rate.ts'
import { slugOf, type TrialLine } from '../pages/page-data.ts'
import { element, type Child } from './element.ts'
import { dollars, duration, outcomeMeanings, outcomeOrder, outcomeSigns, percent } from './format.ts'
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
  return element('a', { href: taskHref(task) }, task)
}

export function taskHref(task: string): string {
  return `${root}tasks/${slugOf(task)}.html`
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

/** The head of a column; a name alone for a column of texts. */
export type Column = string | { name: string; isNumber?: true; isHidden?: true } | false

/** A table that scrolls sideways where it has no room, with a head. */
export function dataTable(
  label: string,
  columns: readonly Column[],
  body: Child[] | HTMLTableSectionElement,
  className = 'rows',
): HTMLElement {
  const head = columns.map((column) => {
    if (column === false) return false
    const { name, isNumber, isHidden } = typeof column === 'string' ? { name: column } : column
    return element(
      'th',
      { scope: 'col', class: isNumber ? 'number' : undefined },
      isHidden ? element('span', { class: 'hidden' }, name) : name,
    )
  })
  return element(
    'div',
    { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': label },
    element(
      'table',
      { class: className },
      element('thead', {}, element('tr', {}, head)),
      Array.isArray(body) ? element('tbody', {}, body) : body,
    ),
  )
}

/** How many trials ended in which way. */
export function tally(counts: Record<Outcome, number>): HTMLElement[] {
  return outcomeOrder
    .filter((o) => counts[o] > 0)
    .map((o) =>
      element(
        'span',
        { class: `count ${o}`, title: o },
        `${outcomeSigns[o]} ${counts[o]} `,
        element('span', { class: 'hidden' }, `${o} `),
      ),
    )
}

/** A list of trials; each row opens its page. */
export function trialTable(
  rows: readonly TrialLine[],
  columns: { hasTask?: boolean; hasAgent?: boolean; more?: (row: TrialLine) => Child } = {},
): HTMLElement {
  const { hasTask = true, hasAgent = true, more } = columns
  const hasCost = rows.some(({ costUsd }) => costUsd !== undefined)
  return dataTable(
    'Trials',
    [
      'Outcome',
      hasTask && 'Task',
      hasAgent && 'Agent',
      { name: 'Attempt', isNumber: true },
      { name: 'Time', isNumber: true },
      { name: 'Calls', isNumber: true },
      hasCost && { name: 'Cost', isNumber: true },
      more ? 'Because, and what it changed' : 'Because',
    ],
    rows.map((row) =>
      element(
        'tr',
        { 'data-row': '', 'data-outcome': row.outcome },
        element('td', {}, openLink(row)),
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
  )
}

/** How a trial ended, which leads to its page. */
export function openLink(row: Pick<TrialLine, 'id' | 'task' | 'agent' | 'attempt' | 'outcome'>): HTMLElement {
  return element(
    'a',
    {
      href: trialHref(row.id),
      class: 'open',
      'aria-label': `${row.outcome}: ${row.task}, ${row.agent}, attempt ${row.attempt}`,
    },
    badge(row.outcome),
  )
}
