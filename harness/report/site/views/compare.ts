import type { Outcome } from '../../../record/events.ts'
import { compareAgents, type Comparison } from '../../model/compare-agents.ts'
import { outcomeLetters, type CompareData, type CompareSide } from '../../pages/page-data.ts'
import { element, type Child } from '../element.ts'
import { plural } from '../format.ts'
import { meter, taskLink } from '../pieces.ts'

const outcomeOf = new Map(Object.entries(outcomeLetters).map(([outcome, letter]) => [letter, outcome as Outcome]))

/** Two sides, task by task; which ones is in the address. */
export function compareView(data: CompareData): Child[] {
  const names = data.sides.map(nameOf)
  const result = element('div', { id: 'comparison', 'aria-live': 'polite' })
  const given = new URLSearchParams(location.hash.slice(1))
  const chooser = (label: string, key: string, fallback: number): HTMLSelectElement => {
    const select = element(
      'select',
      { 'aria-label': label, id: `side-${key}` },
      names.map((name) => element('option', { value: name }, name)),
    )
    const wanted = given.get(key)
    select.value =
      wanted !== null && names.includes(wanted) ? wanted : (names[Math.min(fallback, names.length - 1)] ?? '')
    return select
  }
  const first = chooser('First side', 'a', 0)
  const second = chooser('Second side', 'b', 1)
  const draw = (): void => {
    const [a, b] = [first, second].map((select) => data.sides[names.indexOf(select.value)])
    if (a && b) result.replaceChildren(...comparisonParts(compareAgents(sideOf(a, data), sideOf(b, data))))
  }
  const change = (): void => {
    history.replaceState(null, '', `#${new URLSearchParams({ a: first.value, b: second.value }).toString()}`)
    draw()
  }
  first.addEventListener('change', change)
  second.addEventListener('change', change)
  draw()
  return [
    element('h1', {}, 'Compare'),
    element(
      'p',
      { class: 'lead' },
      'Two sides on the tasks that both have trials of. Each task is compared with itself, so that hard and easy tasks do not blur the difference.',
    ),
    element('p', { class: 'versus' }, first, element('span', {}, 'against'), second),
    result,
  ]
}

function sideOf(
  side: CompareSide,
  { tasks }: CompareData,
): { name: string; rows: { task: string; outcome: Outcome }[] } {
  const rows = side.cells.flatMap((cell, i) =>
    cell.split('').map((letter) => ({ task: tasks[i] ?? '', outcome: outcomeOf.get(letter) ?? 'invalid' })),
  )
  return { name: nameOf(side), rows }
}

function nameOf({ agent, job }: CompareSide): string {
  return job === undefined ? agent : `${agent} in ${job}`
}

function comparisonParts(c: Comparison): HTMLElement[] {
  if (!c.solved) return [element('p', { class: 'warn' }, 'There is no task that both have trials of.')]
  return [
    element('p', { class: 'verdict-line' }, sentence(c)),
    element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Both sides' },
      element(
        'table',
        {},
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ['', 'Solved', 'Unsafe', 'Trials'].map((n) =>
              element('th', { scope: 'col' }, n || element('span', { class: 'hidden' }, 'Side')),
            ),
          ),
        ),
        element(
          'tbody',
          {},
          [c.first, c.second].map((s) =>
            element(
              'tr',
              {},
              element('th', { scope: 'row' }, s.name),
              element('td', {}, meter(s.solved, 'solved')),
              element('td', {}, meter(s.unsafe, 'unsafe')),
              element('td', { class: 'number' }, s.trials),
            ),
          ),
        ),
      ),
    ),
    element(
      'ul',
      { class: 'plain' },
      element(
        'li',
        {},
        `Difference of what is solved: ${points(c.solved.difference)}, 95 % interval ${points(c.solved.low)} to ${points(c.solved.high)} (bootstrap over ${plural(c.solved.tasks, 'task')})`,
      ),
      c.unsafe &&
        element(
          'li',
          {},
          `Difference of what is unsafe: ${points(c.unsafe.difference)}, 95 % interval ${points(c.unsafe.low)} to ${points(c.unsafe.high)}`,
        ),
      c.mcnemar &&
        element(
          'li',
          {},
          `Exact McNemar: ${c.mcnemar.onlyFirst} only by the first, ${c.mcnemar.onlySecond} only by the second, p = ${c.mcnemar.p.toFixed(3)}`,
        ),
      c.leftOut.length > 0 &&
        element('li', {}, `${plural(c.leftOut.length, 'task')} that only one side has trials of are left out`),
    ),
    element('h2', {}, `The tasks that decide it (${c.deciding.length})`),
    element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Tasks that decide it' },
      element(
        'table',
        { class: 'rows' },
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ['Task', c.first.name, c.second.name].map((n) => element('th', { scope: 'col' }, n)),
          ),
        ),
        element(
          'tbody',
          {},
          c.deciding.map((d) =>
            element(
              'tr',
              { 'data-row': '' },
              element('th', { scope: 'row' }, taskLink(d.task)),
              [d.first, d.second].map((cell, i) =>
                element(
                  'td',
                  {
                    class:
                      cell.solved / cell.trials >
                      (i === 0 ? d.second.solved / d.second.trials : d.first.solved / d.first.trials)
                        ? 'better'
                        : undefined,
                  },
                  `${cell.solved} of ${cell.trials} solved`,
                  cell.unsafe > 0 && element('span', { class: 'count unsafe' }, ` ▲ ${cell.unsafe} unsafe`),
                ),
              ),
            ),
          ),
        ),
      ),
    ),
    element('p', { class: 'faint' }, `On ${plural(c.same, 'other task')} both solve the same share.`),
  ]
}

function sentence({ first, second, solved }: Comparison): string {
  if (!solved) return ''
  if (solved.low > 0) return `${second.name} solves more than ${first.name}.`
  if (solved.high < 0) return `${first.name} solves more than ${second.name}.`
  return 'Neither is better beyond doubt: the interval of the difference includes none at all.'
}

function points(share: number): string {
  return `${share > 0 ? '+' : share < 0 ? '−' : ''}${Math.abs(share * 100).toFixed(1)} points`
}
