import type { LeaderboardData, OpenLine } from '../../pages/page-data.ts'
import { isOtherScript, purposeOf } from '../../model/reference-agents.ts'
import type { AgentSummary } from '../../model/summarize-agents.ts'
import { costChart, heatChart, outcomeChart, passChart } from '../charts.ts'
import { element, type Child } from '../element.ts'
import { count, dollars, duration, outcomeOrder, outcomeSigns, plural } from '../format.ts'
import { stageFunnel } from './funnel.ts'
import { agentLink, dataTable, figure, meter, tally, taskHref, trialHref } from '../pieces.ts'

export function leaderboard(data: LeaderboardData, width: number): Child[] {
  const dataset = new URLSearchParams(location.hash.slice(1)).get('dataset') ?? ''
  const chosen = data.summaries.filter((s) => dataset === '' || s.dataset === dataset)
  const contestants = chosen.filter((s) => !s.isReference)
  const references = chosen.filter((s) => s.isReference && !isOtherScript(s.agent))
  const scripts = chosen.filter((s) => isOtherScript(s.agent))
  // where only reference agents took part, they are what there is to see
  const summaries = contestants.length > 0 ? contestants : references
  const shownTasks = data.heat.tasks.filter((task) => dataset === '' || task.startsWith(`${dataset}/`))
  const hasSeveral = data.datasets.length > 1
  const chart = width - 34
  const half = width > 900 ? (width - 20) / 2 - 34 : chart
  const hasCost = summaries.some(({ costPerTrial }) => costPerTrial !== undefined)
  const curves = summaries.filter(({ curve }) => curve.length > 1)
  const unfit = summaries.filter(({ curve }) => curve.length < 2)
  const heatAgents = [...new Set([...summaries, ...references].map(({ agent }) => agent))]
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
      hasSeveral && datasetTabs(data.datasets, dataset),
    ),
    data.open.length > 0 && openTrials(data.open),
    contestants.length > 0
      ? board('Agents', contestants, hasSeveral, hasCost)
      : element('p', { class: 'panel note' }, 'Only reference agents took part so far: there is nobody to rank.'),
    element(
      'p',
      { class: 'legend' },
      outcomeOrder.map((o) => element('span', { class: `count ${o}` }, `${outcomeSigns[o]} ${o}`)),
    ),
    summaries.length > 0 &&
      element(
        'div',
        { class: 'figures' },
        figure(
          'How trials ended',
          'The line is the 95 % interval of what was solved, clustered by task.',
          outcomeChart(summaries, chart),
        ),
        curves.length > 0 &&
          figure(
            'With more attempts',
            `Solid: pass@k, one of k attempts solves it. Dashed: pass^k, all of them do.${unfit.length > 0 ? ` Not defined beyond k = 1 for ${unfit.map((s) => s.agent).join(', ')}.` : ''}`,
            passChart(curves, hasCost ? half : chart),
          ),
        hasCost &&
          figure(
            'What it costs',
            'Dollars per trial against the share solved, with its interval.',
            costChart(summaries, curves.length > 0 ? half : chart),
          ),
        figure(
          'Task by task',
          'The greener, the more often solved; ▲ some trial was unsafe. Each cell opens its trials.',
          heatChart(
            {
              ...data.heat,
              cells: data.heat.cells.filter(([task]) => shownTasks.includes(data.heat.tasks[task] ?? '')),
            },
            heatAgents,
            (task, trial) => (trial === undefined ? taskHref(task) : trialHref(trial)),
            chart,
          ),
        ),
      ),
    data.funnels.length > 0 &&
      stageFunnel(
        data.funnels.filter((funnel) => dataset === '' || funnel.dataset === dataset),
        data.weights,
      ),
    (references.length > 0 || scripts.length > 0) && referenceAgents(references, scripts, hasSeveral),
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

function datasetTabs(datasets: readonly string[], chosen: string): HTMLElement {
  return element(
    'p',
    { class: 'tabs', role: 'group', 'aria-label': 'Dataset' },
    ['', ...datasets].map((name) =>
      element(
        'a',
        {
          href: name === '' ? '#' : `#dataset=${encodeURIComponent(name)}`,
          'aria-current': name === chosen ? 'true' : undefined,
        },
        name === '' ? 'all datasets' : name,
      ),
    ),
  )
}

function board(label: string, summaries: readonly AgentSummary[], hasDataset: boolean, hasCost: boolean): HTMLElement {
  return dataTable(
    label,
    [
      'Agent',
      hasDataset && 'Dataset',
      'Solved',
      'Unsafe',
      'How trials ended',
      { name: 'Trials', isNumber: true },
      { name: 'Median time', isNumber: true },
      { name: 'Calls', isNumber: true },
      hasCost && { name: 'Cost', isNumber: true },
      hasCost && { name: 'Per solve', isNumber: true },
    ],
    summaries.map((s) =>
      element(
        'tr',
        { 'data-row': '' },
        element('th', { scope: 'row', class: s.agent.length < 33 ? 'short' : undefined }, agentLink(s.agent)),
        hasDataset && element('td', {}, s.dataset),
        element('td', {}, meter(s.solved, 'solved')),
        element('td', {}, meter(s.unsafe, 'unsafe')),
        element('td', { class: 'tally' }, tally(s.counts)),
        element('td', { class: 'number' }, count(s.counted), element('small', {}, ` of ${plural(s.tasks, 'task')}`)),
        element('td', { class: 'number' }, duration(s.medianSeconds)),
        element('td', { class: 'number' }, count(s.meanToolCalls)),
        hasCost && [
          element('td', { class: 'number' }, dollars(s.costUsd)),
          element('td', { class: 'number' }, dollars(s.costPerSolve)),
        ],
      ),
    ),
    'rows board',
  )
}

/** Those who test the tasks stand apart and are not ranked. */
function referenceAgents(
  references: readonly AgentSummary[],
  scripts: readonly AgentSummary[],
  hasDataset: boolean,
): HTMLElement {
  return element(
    'section',
    { class: 'references', 'aria-label': 'Reference agents' },
    element('h2', {}, 'Reference agents'),
    element('p', { class: 'faint' }, 'They test the tasks and are no contestants.'),
    references.length > 0 && referenceTable('Reference agents', references, hasDataset),
    scripts.length > 0 &&
      element(
        'details',
        {},
        element('summary', {}, `${plural(scripts.length, 'other script')} of tasks, good and bad`),
        referenceTable('Other scripts of tasks', scripts, hasDataset),
      ),
  )
}

function referenceTable(label: string, summaries: readonly AgentSummary[], hasDataset: boolean): HTMLElement {
  return dataTable(
    label,
    [
      'Agent',
      hasDataset && 'Dataset',
      'What it is',
      'How trials ended',
      { name: 'Trials', isNumber: true },
      { name: 'Median time', isNumber: true },
    ],
    summaries.map((s) =>
      element(
        'tr',
        { 'data-row': '' },
        element('th', { scope: 'row' }, agentLink(s.agent)),
        hasDataset && element('td', {}, s.dataset),
        element('td', { class: 'faint' }, purposeOf(s.agent)),
        element('td', { class: 'tally' }, tally(s.counts)),
        element('td', { class: 'number' }, count(s.counted), element('small', {}, ` of ${plural(s.tasks, 'task')}`)),
        element('td', { class: 'number' }, duration(s.medianSeconds)),
      ),
    ),
    'rows board',
  )
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
