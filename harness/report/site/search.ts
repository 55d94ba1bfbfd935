import { slugOf, type TrialLine } from '../pages/page-data.ts'
import { element } from './element.ts'
import { root } from './frame.ts'
import { badge, trialHref } from './pieces.ts'
import { loadTrialIndex } from './trial-index.ts'

const shownAtMost = 30

/** The dialog behind `/`: agents, tasks and trials by their words. */
export function setUpSearch(): { open: () => void } {
  const input = element('input', {
    type: 'search',
    'aria-label': 'Search agents, tasks and trials',
    placeholder: 'Agent, task, trial …',
    autocomplete: 'off',
    'aria-controls': 'found',
  })
  const list = element('ul', { id: 'found', class: 'plain' })
  const dialog = element('dialog', { class: 'search', 'aria-label': 'Search' }, input, list)
  document.body.append(dialog)
  let lines: TrialLine[] = []
  let chosen = 0
  const draw = (): void => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean)
    list.replaceChildren(...find(lines, words))
    chosen = 0
    mark()
  }
  const mark = (): void => {
    for (const [i, item] of [...list.children].entries()) item.classList.toggle('chosen', i === chosen)
    list.children[chosen]?.scrollIntoView({ block: 'nearest' })
  }
  input.addEventListener('input', draw)
  dialog.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') chosen = Math.min(list.childElementCount - 1, chosen + 1)
    else if (event.key === 'ArrowUp') chosen = Math.max(0, chosen - 1)
    else if (event.key === 'Enter') list.children[chosen]?.querySelector('a')?.click()
    else return
    event.preventDefault()
    mark()
  })
  const open = (): void => {
    dialog.showModal()
    input.focus()
    input.select()
    loadTrialIndex().then(
      (all) => {
        lines = all
        return draw()
      },
      (error: unknown) => list.replaceChildren(element('li', {}, String(error))),
    )
  }
  document.querySelector('#open-search')?.addEventListener('click', open)
  return { open }
}

function find(lines: readonly TrialLine[], words: readonly string[]): HTMLElement[] {
  const fits = (text: string): boolean => words.every((word) => text.toLowerCase().includes(word))
  const agents = [...new Set(lines.map(({ agent }) => agent))].filter(fits)
  const tasks = [...new Set(lines.map(({ task }) => task))].filter(fits)
  const trials =
    words.length === 0 ? [] : lines.filter((l) => fits(`${l.task} ${l.agent} ${l.id} ${l.outcome} ${l.job}`))
  const items = [
    ...agents
      .slice(0, 8)
      .map((agent) =>
        element(
          'li',
          {},
          element('a', { href: `${root}agents/${slugOf(agent)}.html` }, agent),
          element('small', {}, 'agent'),
        ),
      ),
    ...tasks
      .slice(0, 12)
      .map((task) =>
        element(
          'li',
          {},
          element('a', { href: `${root}tasks/${slugOf(task)}.html` }, task),
          element('small', {}, 'task'),
        ),
      ),
    ...trials.map((l) =>
      element(
        'li',
        {},
        element('a', { href: trialHref(l.id) }, badge(l.outcome), ` ${l.task} by ${l.agent} #${l.attempt}`),
        element('small', {}, 'trial'),
      ),
    ),
  ]
  return items.slice(0, shownAtMost)
}
