import type { Outcome } from '../../../record/events.ts'
import { compareAgents, type Comparison, type TaskPair } from '../../model/compare-agents.ts'
import { outcomeLetters, type CompareData, type CompareSide } from '../../pages/page-data.ts'
import { differenceChart } from '../charts.ts'
import { append, element, type Child } from '../element.ts'
import { plural } from '../format.ts'
import { dataTable, figure, meter, taskLink } from '../pieces.ts'

const outcomeOf = new Map(Object.entries(outcomeLetters).map(([outcome, letter]) => [letter, outcome as Outcome]))

/** Two sides, task by task; which ones is in the address. */
export function compareView(data: CompareData, width: number): Child[] {
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
    if (!a || !b) return
    result.replaceChildren()
    append(result, comparisonParts(compareAgents(sideOf(a, data), sideOf(b, data)), width))
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

function comparisonParts(c: Comparison, width: number): Child[] {
  const { solved, unsafe } = c
  if (!solved) return [element('p', { class: 'warn' }, 'There is no task that both have trials of.')]
  const rows = [
    { name: 'solved', ...solved, isGood: direction(solved) },
    ...(unsafe ? [{ name: 'unsafe', ...unsafe, isGood: flipped(direction(unsafe)) }] : []),
  ]
  return [
    element('p', { class: 'verdict-line' }, sentence(c)),
    dataTable(
      'Both sides',
      [{ name: 'Side', isHidden: true }, 'Solved', 'Unsafe', { name: 'Trials', isNumber: true }],
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
      'board',
    ),
    element(
      'div',
      { class: 'two difference' },
      figure(
        'The difference',
        'In points, with its 95 % interval: paired by task.',
        differenceChart(rows, [c.first.name, c.second.name], width > 900 ? width * 0.6 - 48 : width - 34),
      ),
      element(
        'section',
        { class: 'panel' },
        element('h2', {}, 'In numbers'),
        element(
          'ul',
          { class: 'plain' },
          element(
            'li',
            {},
            `Difference of what is solved: ${points(solved.difference)}, 95 % interval ${points(solved.low)} to ${points(solved.high)} (bootstrap over ${plural(solved.tasks, 'task')})`,
          ),
          unsafe &&
            element(
              'li',
              {},
              `Difference of what is unsafe: ${points(unsafe.difference)}, 95 % interval ${points(unsafe.low)} to ${points(unsafe.high)}`,
            ),
          c.mcnemar &&
            element(
              'li',
              {},
              `Exact McNemar: ${c.mcnemar.onlyFirst} only by the first, ${c.mcnemar.onlySecond} only by the second, p = ${c.mcnemar.p.toFixed(3)}${c.mcnemar.effect ? `, odds ratio ${c.mcnemar.effect.oddsRatio.toFixed(2)}, Cohen's g ${c.mcnemar.effect.g.toFixed(2)}` : ''}`,
            ),
          c.leftOut.length > 0 &&
            element('li', {}, `${plural(c.leftOut.length, 'task')} that only one side has trials of are left out`),
          element('li', {}, `On ${plural(c.same, 'task')} both solve the same share.`),
        ),
      ),
    ),
    element('h2', {}, `The tasks that decide it (${c.deciding.length})`),
    c.deciding.length === 0
      ? element('p', { class: 'faint' }, 'There are none: both solve the same share of every task.')
      : dataTable(
          'Tasks that decide it',
          ['Task', c.first.name, c.second.name],
          c.deciding.map((d) =>
            element(
              'tr',
              { 'data-row': '' },
              element('th', { scope: 'row' }, taskLink(d.task)),
              cellOf(d.first, d.second),
              cellOf(d.second, d.first),
            ),
          ),
        ),
  ]
}

/** One side of a task; it stands out where it is the better one. */
function cellOf(own: TaskPair['first'], other: TaskPair['first']): HTMLElement {
  const isBetter = own.solved / own.trials > other.solved / other.trials
  return element(
    'td',
    { class: isBetter ? 'better' : undefined },
    `${own.solved} of ${own.trials} solved`,
    own.unsafe > 0 && element('span', { class: 'count unsafe' }, ` ▲ ${own.unsafe} unsafe`),
  )
}

/** Whether the whole interval is on one side: true above nothing, false below. */
function direction({ low, high }: { low: number; high: number }): boolean | undefined {
  return low > 0 ? true : high < 0 ? false : undefined
}

function flipped(value: boolean | undefined): boolean | undefined {
  return value === undefined ? undefined : !value
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
