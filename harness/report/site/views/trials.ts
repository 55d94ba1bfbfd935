import type { Outcome } from '../../../record/events.ts'
import type { TrialLine } from '../../pages/page-data.ts'
import { element, type Child } from '../element.ts'
import { duration, outcomeOrder, outcomeSigns } from '../format.ts'
import { agentLink, dataTable, openLink, taskLink } from '../pieces.ts'
import { loadTrialIndex } from '../trial-index.ts'

const pageSize = 200

/** All trials, with filters; thousands of them are drawn a page at a time. What is chosen is in the address. */
export function trialsView(): Child[] {
  const body = element('tbody', {})
  const shown = element('p', { class: 'faint', role: 'status' }, 'loading …')
  const more = element('button', { type: 'button', hidden: true }, 'Show more')
  const words = element('input', {
    type: 'search',
    placeholder: 'Task, agent, job',
    'aria-label': 'Filter trials by words',
    autocomplete: 'off',
  })
  const given = new URLSearchParams(location.hash.slice(1))
  words.value = given.get('q') ?? ''
  const chosen = new Set(given.getAll('outcome') as Outcome[])
  const chips = outcomeOrder.map((outcome) =>
    element(
      'button',
      {
        type: 'button',
        class: `chip ${outcome}`,
        'aria-pressed': String(chosen.has(outcome)),
        onclick: () => toggle(outcome),
      },
      `${outcomeSigns[outcome]} ${outcome}`,
    ),
  )
  let all: TrialLine[] = []
  let fitting: TrialLine[] = []
  const toggle = (outcome: Outcome): void => {
    if (!chosen.delete(outcome)) chosen.add(outcome)
    chips[outcomeOrder.indexOf(outcome)]?.setAttribute('aria-pressed', String(chosen.has(outcome)))
    apply()
  }
  const draw = (): void => {
    const from = body.childElementCount
    body.append(...fitting.slice(from, from + pageSize).map(rowOf))
    more.hidden = body.childElementCount >= fitting.length
  }
  const apply = (): void => {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean)
    fitting = all.filter((line) => {
      if (chosen.size > 0 && !chosen.has(line.outcome)) return false
      const text = `${line.task} ${line.agent} ${line.job} ${line.id}`.toLowerCase()
      return wanted.every((word) => text.includes(word))
    })
    body.replaceChildren()
    draw()
    shown.textContent = `${fitting.length.toLocaleString('en-US')} of ${all.length.toLocaleString('en-US')} trials`
    const state = new URLSearchParams([
      ...(words.value ? [['q', words.value]] : []),
      ...[...chosen].map((o) => ['outcome', o]),
    ] as [string, string][])
    history.replaceState(null, '', `#${state.toString()}`)
  }
  words.addEventListener('input', apply)
  more.addEventListener('click', draw)
  loadTrialIndex().then(
    (lines) => {
      all = lines
      return apply()
    },
    (error: unknown) => (shown.textContent = String(error)),
  )
  return [
    element('h1', {}, 'Trials'),
    element('div', { class: 'filters' }, words, chips, shown),
    dataTable(
      'Trials',
      [
        'Outcome',
        'Task',
        'Agent',
        { name: 'Attempt', isNumber: true },
        { name: 'Time', isNumber: true },
        { name: 'Calls', isNumber: true },
        'Job',
      ],
      body,
    ),
    more,
  ]
}

function rowOf(row: TrialLine): HTMLElement {
  return element(
    'tr',
    { 'data-row': '' },
    element('td', {}, openLink(row)),
    element('td', {}, taskLink(row.task)),
    element('td', {}, agentLink(row.agent)),
    element('td', { class: 'number' }, row.attempt),
    element('td', { class: 'number' }, duration(row.seconds)),
    element('td', { class: 'number' }, row.toolCalls),
    element('td', {}, element('code', {}, row.job)),
  )
}
