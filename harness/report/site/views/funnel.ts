import type { LeaderboardData } from '../../pages/page-data.ts'
import { element, type Child } from '../element.ts'
import { count, percent } from '../format.ts'
import { agentLink, dataTable } from '../pieces.ts'

/** How many answers of each agent met a stage and all before it; the composite never without its weights. */
export function stageFunnel(funnels: LeaderboardData['funnels'], weights: string): Child[] {
  const stages = Object.keys(funnels[0]?.reached ?? {})
  const hasDataset = new Set(funnels.map(({ dataset }) => dataset)).size > 1
  const isJudged = funnels.some(({ judged }) => judged !== undefined)
  const number = (name: string): { name: string; isNumber: true } => ({ name, isNumber: true })
  return [
    element('h2', {}, 'How far answers came'),
    element(
      'p',
      {},
      'Of tasks that want one answer: how many met each stage and every one before it. Full-pass is levels 1 to 4, strict an answer that was nothing but YAML.',
    ),
    isJudged && element('p', {}, element('strong', {}, weights)),
    dataTable(
      'How far answers came',
      [
        'Agent',
        hasDataset && 'Dataset',
        number('Answers'),
        ...stages.map(number),
        number('Full-pass'),
        number('Strict'),
        number('KV wildcard'),
        isJudged && number('Judged'),
        isJudged && number('Quality'),
        isJudged && number('Composite'),
      ],
      funnels.map(({ agent, dataset, answers, reached, fullPass, strict, text, judged }) =>
        element(
          'tr',
          { 'data-row': '' },
          element('th', { scope: 'row' }, agentLink(agent)),
          hasDataset && element('td', {}, dataset),
          element('td', { class: 'number' }, count(answers)),
          stages.map((stage) =>
            element(
              'td',
              { class: 'number' },
              percent((reached[stage] ?? 0) / answers),
              element('small', {}, ` ${reached[stage] ?? 0}`),
            ),
          ),
          element('td', { class: 'number' }, percent(fullPass / answers)),
          element('td', { class: 'number' }, percent(strict / answers)),
          element('td', { class: 'number' }, (text['kvWildcard'] ?? 0).toFixed(2)),
          isJudged && [
            element('td', { class: 'number' }, count(judged?.answers)),
            element('td', { class: 'number' }, judged?.quality.toFixed(2) ?? '–'),
            element('td', { class: 'number' }, judged?.composite.toFixed(2) ?? '–'),
          ],
        ),
      ),
    ),
  ]
}
