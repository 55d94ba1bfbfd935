import { isReference } from '../../model/reference-agents.ts'
import type { TaskData } from '../../pages/page-data.ts'
import { element, type Child } from '../element.ts'
import { outcomeSigns, plural } from '../format.ts'
import { withFilters } from '../filters.ts'
import { breakable, prose } from '../prose.ts'
import { agentLink, facts, meter, trialTable } from '../pieces.ts'

export function taskView(data: TaskData): Child[] {
  const { info, quality } = data
  const did = new Map(data.rows.map((row) => [row.id, row.did]))
  return [
    element('p', { class: 'crumbs' }, 'Task'),
    element('h1', {}, info.task),
    element(
      'p',
      { class: 'remarks' },
      quality.findings.map((finding) => element('span', { class: 'remark' }, finding)),
    ),
    facts([
      ['Difficulty', `${info.difficulty ?? 'not stated'}${quality.observed ? `, observed ${quality.observed}` : ''}`],
      ['Category', info.category ?? 'not stated'],
      ['Solved by agents', meter(quality.solved, 'solved')],
      ['Expert needs', info.expertMinutes === undefined ? '–' : plural(info.expertMinutes, 'minute')],
      ['Files', element('code', { title: info.digest }, info.digest.slice(7, 19))],
    ]),
    info.hasOtherVersions &&
      element('p', { class: 'warn' }, 'Some of these trials are of other versions of this task.'),
    element(
      'div',
      { class: 'two' },
      element(
        'section',
        { class: 'panel story' },
        element('h2', {}, 'What the agent is told'),
        data.isHeldOut
          ? element(
              'p',
              { class: 'faint' },
              'This task is held out: its text, its solutions and what agents did are not published.',
            )
          : element(
              'p',
              { class: 'prose' },
              prose(info.instruction?.trim() ?? 'The task’s folder was not there when these pages were made.'),
            ),
      ),
      element(
        'section',
        { class: 'panel' },
        element('h2', {}, 'Who solved it'),
        element(
          'ul',
          { class: 'plain who' },
          quality.cells
            .toSorted((a, b) => Number(isReference(a.agent)) - Number(isReference(b.agent)))
            .map((cell) =>
              element(
                'li',
                {},
                agentLink(cell.agent),
                element(
                  'span',
                  { class: 'marks' },
                  cell.outcomes.map((o) =>
                    element(
                      'span',
                      { class: `count ${o}`, title: o },
                      outcomeSigns[o],
                      element('span', { class: 'hidden' }, `${o} `),
                    ),
                  ),
                ),
                element('small', {}, `${cell.solved} of ${cell.trials}`),
              ),
            ),
        ),
      ),
    ),
    element('h2', {}, 'Attempts, and how they differ'),
    withFilters(
      trialTable(data.rows, {
        hasTask: false,
        more: ({ id }) => {
          const lines = did.get(id) ?? []
          return (
            lines.length > 0 &&
            element(
              'ul',
              { class: 'did' },
              lines.map((line) =>
                element(
                  'li',
                  { class: line.startsWith('! ') ? 'harm' : undefined },
                  breakable(line.replace(/^! /, '▲ ')),
                ),
              ),
            )
          )
        },
      }),
      data.rows,
    ),
  ]
}
