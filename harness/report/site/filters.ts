import type { Outcome } from '../../record/events.ts'
import { element } from './element.ts'
import { outcomeOrder, outcomeSigns } from './format.ts'

/** A table whose rows can be narrowed down by words and by outcome. */
export function withFilters(table: HTMLElement, rows: readonly { outcome: Outcome }[]): HTMLElement {
  const present = outcomeOrder.filter((outcome) => rows.some((row) => row.outcome === outcome))
  const shown = element('p', { class: 'faint', role: 'status' })
  const words = element('input', {
    type: 'search',
    placeholder: 'Filter',
    'aria-label': 'Filter trials by words',
    autocomplete: 'off',
  })
  const boxes = present.map((outcome) =>
    element(
      'button',
      { type: 'button', class: `chip ${outcome}`, 'aria-pressed': 'false', 'data-outcome': outcome },
      `${outcomeSigns[outcome]} ${outcome}`,
    ),
  )
  const apply = (): void => {
    const chosen = new Set(
      boxes.filter((b) => b.getAttribute('aria-pressed') === 'true').map((b) => b.dataset['outcome'] ?? ''),
    )
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean)
    let visible = 0
    const all = [...table.querySelectorAll<HTMLElement>('[data-row]')]
    for (const row of all) {
      const text = (row.textContent ?? '').toLowerCase()
      const fits =
        (chosen.size === 0 || chosen.has(row.dataset['outcome'] ?? '')) && wanted.every((word) => text.includes(word))
      row.hidden = !fits
      if (fits) visible++
    }
    shown.textContent = visible === all.length ? `${all.length} trials` : `${visible} of ${all.length} trials`
  }
  words.addEventListener('input', apply)
  for (const box of boxes)
    box.addEventListener('click', () => {
      box.setAttribute('aria-pressed', String(box.getAttribute('aria-pressed') !== 'true'))
      apply()
    })
  apply()
  return element('div', { class: 'filtered' }, element('div', { class: 'filters' }, words, boxes, shown), table)
}
