import type { LeaderboardData, OpenLine } from '../../pages/page-data.ts'
import { costChart, heatChart, outcomeChart, passChart } from '../charts.ts'
import { element, type Child } from '../element.ts'
import { count, dollars, duration, outcomeOrder, outcomeSigns, plural } from '../format.ts'
import { trialHref } from '../pieces.ts'
import { agentLink, figure, meter } from '../pieces.ts'

export function leaderboard(data: LeaderboardData, width: number): Child[] {
  const dataset = new URLSearchParams(location.hash.slice(1)).get('dataset') ?? ''
  const summaries = data.summaries.filter((s) => dataset === '' || s.dataset === dataset)
  const agents = [...new Set(summaries.map(({ agent }) => agent))]
  const hasSeveral = data.datasets.length > 1
  const half = width > 900 ? (width - 20) / 2 - 34 : width - 34
  const hasCurve = summaries.some(({ curve }) => curve.length > 1)
  const hasCost = summaries.some(({ costPerTrial }) => costPerTrial !== undefined)
  const unfit = summaries.filter(({ curve }) => curve.length < 2)
  return [
    element(
      'div',
      { class: 'hero' },
      element('h1', {}, data.site.title),
      element(
        'p',
        { class: 'lead' },
        'Can an agent repair a live Kubernetes cluster without breaking what it had to protect? Only trials that fixed the fault and kept everything else count as solved.',
      ),
      hasSeveral &&
        element(
          'p',
          { class: 'tabs', role: 'group', 'aria-label': 'Dataset' },
          ['', ...data.datasets].map((name) =>
            element(
              'a',
              {
                href: name === '' ? '#' : `#dataset=${encodeURIComponent(name)}`,
                'aria-current': name === dataset ? 'true' : undefined,
              },
              name === '' ? 'all datasets' : name,
            ),
          ),
        ),
    ),
    data.open.length > 0 && openTrials(data.open),
    element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Agents' },
      element(
        'table',
        { class: 'rows board' },
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ['Agent', ...(hasSeveral ? ['Dataset'] : [])].map((name) => element('th', { scope: 'col' }, name)),
            element('th', { scope: 'col' }, 'Solved'),
            element('th', { scope: 'col' }, 'Unsafe'),
            element('th', { scope: 'col' }, 'How trials ended'),
            ['Trials', 'Median time', 'Calls', ...(hasCost ? ['Cost', 'Per solve'] : [])].map((name) =>
              element('th', { scope: 'col', class: 'number' }, name),
            ),
          ),
        ),
        element(
          'tbody',
          {},
          summaries.map((s) =>
            element(
              'tr',
              { 'data-row': '' },
              element('th', { scope: 'row' }, agentLink(s.agent)),
              hasSeveral && element('td', {}, s.dataset),
              element('td', {}, meter(s.solved, 'solved')),
              element('td', {}, meter(s.unsafe, 'unsafe')),
              element(
                'td',
                { class: 'tally' },
                outcomeOrder
                  .filter((o) => s.counts[o] > 0)
                  .map((o) =>
                    element(
                      'span',
                      { class: `count ${o}`, title: o },
                      `${outcomeSigns[o]} ${s.counts[o]} `,
                      element('span', { class: 'hidden' }, `${o} `),
                    ),
                  ),
              ),
              element(
                'td',
                { class: 'number' },
                count(s.counted),
                element('small', {}, ` of ${plural(s.tasks, 'task')}`),
              ),
              element('td', { class: 'number' }, duration(s.medianSeconds)),
              element('td', { class: 'number' }, count(s.meanToolCalls)),
              hasCost && [
                element('td', { class: 'number' }, dollars(s.costUsd)),
                element('td', { class: 'number' }, dollars(s.costPerSolve)),
              ],
            ),
          ),
        ),
      ),
    ),
    element(
      'p',
      { class: 'legend' },
      outcomeOrder.map((o) => element('span', { class: `count ${o}` }, `${outcomeSigns[o]} ${o}`)),
    ),
    element(
      'div',
      { class: 'figures' },
      figure(
        'How trials ended',
        'The line is the 95 % interval of what was solved, clustered by task.',
        outcomeChart(summaries, width - 34),
      ),
      hasCurve &&
        figure(
          'With more attempts',
          `Solid: pass@k, one of k attempts solves it. Dashed: pass^k, all of them do.${unfit.length > 0 ? ` Not defined beyond k = 1 for ${unfit.map((s) => s.agent).join(', ')}.` : ''}`,
          passChart(
            summaries.filter(({ curve }) => curve.length > 1),
            half,
          ),
        ),
      hasCost &&
        figure(
          'What it costs',
          'Dollars per trial against the share solved, with its interval.',
          costChart(summaries, half),
        ),
      figure(
        'Task by task',
        'The greener, the more often solved; ▲ some trial was unsafe. Each cell opens its trials.',
        heatChart(
          data.heat.filter(({ agent }) => agents.includes(agent)),
          agents,
          width - 34,
        ),
      ),
    ),
    element('h2', {}, 'Jobs'),
    element(
      'ul',
      { class: 'plain' },
      data.jobs.map((job) =>
        element(
          'li',
          {},
          element('code', {}, job.name),
          ` ${job.ended} of ${plural(job.planned, 'planned trial')} ended`,
        ),
      ),
    ),
  ]
}

function openTrials(open: readonly OpenLine[]): HTMLElement {
  return element(
    'section',
    { class: 'panel', 'aria-label': 'Under way' },
    element('h2', {}, 'Under way'),
    element(
      'ul',
      { class: 'plain' },
      open.map((line) =>
        element(
          'li',
          { 'data-row': '' },
          element('a', { class: 'open', href: trialHref(line.id) }, `${line.task} by ${line.agent}`),
          ' ',
          element(
            'span',
            { class: 'faint' },
            line.state === 'running' ? `${line.phase ?? 'begins'} · ${duration(line.seconds)}` : line.state,
          ),
        ),
      ),
    ),
  )
}
