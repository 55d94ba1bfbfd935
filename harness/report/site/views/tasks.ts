import type { TasksData } from '../../pages/page-data.ts'
import { element, type Child } from '../element.ts'
import { outcomeOrder, outcomeSigns } from '../format.ts'
import { meter, taskLink } from '../pieces.ts'

export function tasksView(data: TasksData): Child[] {
  return [
    element('h1', {}, 'Tasks'),
    element(
      'p',
      { class: 'lead' },
      'What many trials say about the tasks themselves. The oracle and the agent that does nothing test a task and are in no difficulty.',
    ),
    element(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': 'Tasks' },
      element(
        'table',
        { class: 'rows' },
        element(
          'thead',
          {},
          element(
            'tr',
            {},
            ['Task', 'Declared', 'Observed', 'Solved by agents', 'How trials ended', 'Remarks'].map((name) =>
              element('th', { scope: 'col' }, name),
            ),
          ),
        ),
        element(
          'tbody',
          {},
          data.tasks.map((task) =>
            element(
              'tr',
              { 'data-row': '' },
              element('th', { scope: 'row' }, taskLink(task.task)),
              element('td', {}, [task.difficulty, task.category].filter(Boolean).join(', ') || '–'),
              element('td', {}, task.observed ?? '–'),
              element('td', {}, meter(task.solved, 'solved')),
              element(
                'td',
                { class: 'tally' },
                outcomeOrder
                  .filter((o) => task.counts[o] > 0)
                  .map((o) =>
                    element(
                      'span',
                      { class: `count ${o}`, title: o },
                      `${outcomeSigns[o]} ${task.counts[o]} `,
                      element('span', { class: 'hidden' }, `${o} `),
                    ),
                  ),
              ),
              element(
                'td',
                {},
                task.findings.map((finding) => element('span', { class: 'remark' }, finding)),
              ),
            ),
          ),
        ),
      ),
    ),
  ]
}
