import type { TasksData } from '../../pages/page-data.ts'
import { element, type Child } from '../element.ts'
import { dataTable, meter, tally, taskLink } from '../pieces.ts'

export function tasksView(data: TasksData): Child[] {
  return [
    element('h1', {}, 'Tasks'),
    element(
      'p',
      { class: 'lead' },
      'What many trials say about the tasks themselves. Reference agents test a task and are in no difficulty.',
    ),
    dataTable(
      'Tasks',
      ['Task', 'Declared', 'Observed', 'Solved by agents', 'How trials ended', 'Remarks'],
      data.tasks.map((task) =>
        element(
          'tr',
          { 'data-row': '' },
          element('th', { scope: 'row' }, taskLink(task.task)),
          element('td', {}, [task.difficulty, task.category].filter(Boolean).join(', ') || '–'),
          element('td', {}, task.observed ?? '–'),
          element('td', {}, meter(task.solved, 'solved')),
          element('td', { class: 'tally' }, tally(task.counts)),
          element(
            'td',
            {},
            task.findings.map((finding) => element('span', { class: 'remark' }, finding)),
          ),
        ),
      ),
    ),
  ]
}
