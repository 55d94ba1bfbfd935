import type { PageData } from '../pages/page-data.ts'
import { element, type Child } from './element.ts'
import { day, plural } from './format.ts'

/** The way from this page to the site's root. */
export const root: string = document.documentElement.dataset['root'] ?? ''

const links: [page: PageData['page'][], href: string, label: string][] = [
  [['leaderboard', 'agent'], 'index.html', 'Leaderboard'],
  [['tasks', 'task'], 'tasks.html', 'Tasks'],
  [['trials', 'trial'], 'trials.html', 'Trials'],
  [['compare'], 'compare.html', 'Compare'],
  [['method'], 'method.html', 'Method'],
]

/** What is the same around every page. */
export function frame(data: PageData, content: Child[]): Child[] {
  const isAlone = data.page === 'trial' && data.isAlone
  const { site } = data
  return [
    element('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
    element(
      'header',
      { class: 'top' },
      isAlone
        ? element('span', { class: 'brand' }, mark(), 'Kubemend')
        : element('a', { class: 'brand', href: `${root}index.html` }, mark(), 'Kubemend'),
      !isAlone &&
        element(
          'nav',
          { 'aria-label': 'Pages' },
          links.map(([pages, href, label]) =>
            element('a', { href: root + href, 'aria-current': pages.includes(data.page) ? 'page' : undefined }, label),
          ),
        ),
      element('span', { class: 'grow' }),
      site.isLive && element('span', { class: 'live', role: 'status' }, 'live'),
      !isAlone &&
        element(
          'button',
          { type: 'button', class: 'quiet', id: 'open-search', 'aria-keyshortcuts': '/' },
          'Search ',
          element('kbd', {}, '/'),
        ),
      element(
        'button',
        { type: 'button', class: 'quiet', id: 'theme', 'aria-label': 'Switch between light and dark' },
        '◐',
      ),
    ),
    element('main', { id: 'main', tabindex: '-1' }, content),
    element(
      'footer',
      {},
      element(
        'p',
        {},
        `${plural(site.trials, 'trial')} · ${plural(site.tasks, 'task')} · ${plural(site.agents, 'agent')} · made ${day(site.madeAt)} UTC by Kubemend ${site.kubemend}`,
      ),
      !isAlone &&
        element(
          'p',
          {},
          !site.isLive && [
            element('a', { href: `${root}results.json` }, 'results.json'),
            ' · ',
            element('a', { href: `${root}results.csv` }, 'results.csv'),
            ' · ',
            element('a', { href: `${root}redactions.json` }, 'what was redacted'),
            ' · ',
          ],
          element('a', { href: `${root}method.html` }, 'how each number is made'),
          element(
            'span',
            { class: 'keys' },
            ' · keys: ',
            element('kbd', {}, 'j'),
            ' ',
            element('kbd', {}, 'k'),
            ' move, ',
            element('kbd', {}, 'Enter'),
            ' opens, ',
            element('kbd', {}, 'Esc'),
            ' goes back, ',
            element('kbd', {}, '/'),
            ' searches',
          ),
        ),
      element(
        'p',
        { class: 'canary' },
        'Benchmark data. It should never be part of training data; a canary string is in the source of every page.',
      ),
    ),
  ]
}

function mark(): SVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('aria-hidden', 'true')
  for (const d of ['M12 2 21 7v10l-9 5-9-5V7z', 'M7.5 12.2l3 3 6-6.4']) {
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path')
    path.setAttribute('d', d)
    svg.append(path)
  }
  return svg
}
