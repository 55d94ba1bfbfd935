import type { TrialData } from '../../pages/page-data.ts'
import type { CallStep, Change, Step, Story, StoryVerdict } from '../../story/story.ts'
import { timelineChart, type TimelineMarkers } from '../charts.ts'
import { append, element, type Child } from '../element.ts'
import { count, day, dollars, duration, outcomeSigns, plural } from '../format.ts'
import { breakable, prose, reflow } from '../prose.ts'
import { agentLink, badge, facts, figure, taskLink, trialHref } from '../pieces.ts'

/** Lines of an output that are shown before somebody asks for the rest. */
const foldAfter = 14

export function trialView(data: TrialData, width: number): Child[] {
  const { row, story, chain, isAlone } = data
  const tokens =
    row.inputTokens === undefined && row.outputTokens === undefined
      ? undefined
      : (row.inputTokens ?? 0) + (row.outputTokens ?? 0)
  return [
    element('p', { class: 'crumbs' }, 'Trial ', element('code', {}, row.trial)),
    element(
      'h1',
      { class: 'trial-title' },
      data.openState ? element('span', { class: 'badge stopped' }, data.openState) : badge(row.outcome),
      ' ',
      isAlone ? row.task : taskLink(row.task),
    ),
    row.because !== undefined && element('p', { class: 'lead' }, row.because),
    facts([
      ['Agent', isAlone ? row.agent : agentLink(row.agent)],
      ['Attempt', row.attempt],
      ['Difficulty', data.info.difficulty ?? 'not stated'],
      [
        'Time',
        `${duration(row.seconds)}${row.agentSeconds === undefined ? '' : `, agent ${duration(row.agentSeconds)}`}`,
      ],
      ['Tool calls', row.toolCalls],
      ...(tokens === undefined ? [] : [['Tokens', count(tokens)] satisfies [string, string]]),
      ...(row.costUsd === undefined ? [] : [['Cost', dollars(row.costUsd)] satisfies [string, string]]),
      ['Begun', `${day(row.startedAt)} UTC`],
      [
        'Record',
        chain
          ? element(
              'span',
              { class: 'chain', title: `sha256 ${chain.head}` },
              `✓ whole, ${count(chain.lines)} lines, ${chain.head.slice(0, 12)}`,
            )
          : 'not checked',
      ],
    ]),
    story
      ? storyParts(story, width)
      : element('p', { class: 'panel' }, 'This task is held out: what the agent did is not published.'),
    !story &&
      row.verdicts &&
      element(
        'ul',
        { class: 'plain' },
        Object.entries(row.verdicts).map(([about, c]) =>
          element('li', {}, `${about}: ${c.met} met, ${c.notMet} not met, ${c.unknown} unknown`),
        ),
      ),
    !isAlone && data.siblings.length > 1 && siblings(data),
  ]
}

function storyParts(story: Story, width: number): Child[] {
  const { fixed, protectedChange } = story.moments
  const markers: TimelineMarkers[] = [
    ...(fixed ? [{ ...fixed, step: fixed.step, kind: 'fixed' as const }] : []),
    ...(protectedChange ? [{ ms: protectedChange.ms, step: protectedChange.step, kind: 'protected' as const }] : []),
  ]
  return [
    element(
      'p',
      { class: 'jumps' },
      fixed?.step !== undefined &&
        element(
          'a',
          { class: 'button solved', href: `#step-${fixed.step + 1}`, id: 'jump-fixed' },
          '✓ First moment it was fixed',
        ),
      protectedChange?.step !== undefined &&
        element(
          'a',
          { class: 'button unsafe', href: `#step-${protectedChange.step + 1}`, id: 'jump-protected' },
          '▲ First protected change',
        ),
      element('a', { class: 'button', href: '#verdicts' }, 'Verdicts'),
      element('button', { type: 'button', id: 'unfold-all' }, 'Unfold all'),
    ),
    figure(
      'Time line',
      'Tool calls and pods from when the agent began. A call opens its step.',
      timelineChart(story, markers, width - 34),
    ),
    element(
      'p',
      { class: 'legend' },
      (['ready', 'starting', 'failing', 'done'] as const).map((h) => element('span', { class: `pod ${h}` }, h)),
    ),
    element('h2', {}, plural(story.steps.length, 'step')),
    element(
      'ol',
      { class: 'steps' },
      story.steps.map((step, i) => {
        const marks = [fixed?.step === i && 'fixed', protectedChange?.step === i && 'protected'].filter(
          (m) => m !== false,
        )
        return stepItem(step, i, story.agentBegins ?? 0, marks)
      }),
    ),
    verdictList(story),
  ]
}

function stepItem(step: Step, i: number, begins: number, marks: string[]): HTMLElement {
  const at = (step.ms - begins) / 1000
  return element(
    'li',
    { id: `step-${i + 1}`, class: `step ${step.kind} ${marks.join(' ')}`, 'data-row': '', tabindex: '-1' },
    element(
      'div',
      { class: 'gutter' },
      element('a', { href: `#step-${i + 1}`, 'aria-label': `Step ${i + 1}` }, i + 1),
      element('time', {}, `${at < 0 ? '−' : '+'}${duration(Math.abs(at))}`),
    ),
    element(
      'div',
      { class: 'content' },
      marks.includes('fixed') && element('p', { class: 'moment solved' }, '✓ From here on it was fixed'),
      marks.includes('protected') && element('p', { class: 'moment unsafe' }, '▲ The first protected change'),
      stepContent(step),
    ),
  )
}

function stepContent(step: Step): Child {
  switch (step.kind) {
    case 'prompt':
      return [
        label(step.role === 'system' ? 'System prompt' : 'Instruction'),
        foldable(step.text, 'prose', step.role === 'system' ? 3 : 8),
      ]
    case 'message':
      return [
        label('Agent', [
          step.model,
          step.usage?.outputTokens === undefined
            ? undefined
            : `${count((step.usage.inputTokens ?? 0) + step.usage.outputTokens)} tokens`,
          step.costUsd === undefined ? undefined : dollars(step.costUsd),
          step.durationMs === undefined ? undefined : duration(step.durationMs / 1000),
        ]),
        step.reasoning !== undefined &&
          element(
            'details',
            { class: 'reasoning' },
            element('summary', {}, 'Reasoning'),
            foldable(step.reasoning, 'prose', 40),
          ),
        step.text !== '' && foldable(step.text, 'prose', 40),
      ]
    case 'call':
      return callContent(step)
    case 'submit':
      return [label('Submitted'), foldable(step.text, 'prose', 20)]
    case 'quiet':
      return [label('Before the first call'), changeList(step.changes, step.followers)]
    case 'budget':
      return [label('Budget'), element('p', { class: step.isSpent ? 'warn' : undefined }, step.text)]
    case 'finding':
      return [label('Integrity'), element('p', { class: 'warn' }, `${step.finding}: ${step.text}`)]
    case 'error':
      return [label(`Error (${step.whose})`), foldable(`${step.code}: ${step.text}`, 'output', foldAfter)]
    case 'note':
      return [label('Note'), foldable(step.text, 'prose', 10)]
    default:
      return element('p', { class: 'faint' }, step.text)
  }
}

function callContent(step: CallStep): Child {
  const result =
    step.outcome === 'running'
      ? 'running'
      : step.refusedBy
        ? `refused: ${step.refusedBy}`
        : step.outcome === 'ran'
          ? undefined
          : step.outcome
  return [
    element(
      'div',
      { class: 'command' },
      element('code', {}, step.command),
      step.exitCode !== undefined &&
        element('span', { class: `exit ${step.exitCode === 0 ? 'good' : 'bad'}` }, `exit ${step.exitCode}`),
      result !== undefined && element('span', { class: 'exit bad' }, result),
      step.durationMs !== undefined && element('span', { class: 'faint' }, duration(step.durationMs / 1000)),
    ),
    step.text !== '' && foldable(step.text, 'output', foldAfter),
    changeList(step.changes, step.followers),
    step.requests.length > 0 && requests(step),
  ]
}

function requests(step: CallStep): HTMLElement {
  const details = element(
    'details',
    { class: 'requests' },
    element('summary', {}, plural(step.requests.length, 'API request')),
  )
  // made when asked for: long trials have thousands
  details.addEventListener(
    'toggle',
    () =>
      details.append(
        element(
          'ul',
          {},
          step.requests.map((r) =>
            element(
              'li',
              {},
              element('b', {}, r.method),
              ' ',
              element('code', {}, r.path),
              ' ',
              element('span', { class: `exit ${(r.status ?? 500) < 400 ? 'good' : 'bad'}` }, r.status ?? 'no answer'),
              ' ',
              element('span', { class: 'faint' }, duration(r.durationMs / 1000)),
            ),
          ),
        ),
      ),
    { once: true },
  )
  return details
}

function changeList(changes: readonly Change[], followers: number): Child {
  if (changes.length === 0 && followers === 0) return undefined
  const first = changes.slice(0, 30)
  return element(
    'div',
    { class: 'changes' },
    first.map(changeItem),
    changes.length > first.length &&
      element('p', { class: 'faint' }, `and ${plural(changes.length - first.length, 'more change')}`),
    followers > 0 &&
      element('p', { class: 'faint' }, `and ${plural(followers, 'object')} that controllers made or removed`),
  )
}

function changeItem({ object, path, kind, before, after, isViolation }: Change): HTMLElement {
  return element(
    'div',
    { class: `change${isViolation ? ' harm' : ''}` },
    element(
      'p',
      {},
      isViolation && element('b', { class: 'harm' }, '▲ protected '),
      element('b', {}, object),
      ' ',
      path === '' ? kind : element('code', {}, breakable(path)),
    ),
    before !== undefined && diffLine('del', '−', before),
    after !== undefined && diffLine('ins', '+', after),
  )
}

function diffLine(name: 'del' | 'ins', sign: string, text: string): HTMLElement {
  return element(name, {}, foldable(`${sign} ${pretty(text)}`, 'output', 12))
}

/** JSON of some length reads better over lines. */
function pretty(text: string): string {
  if (text.length < 90 || !/^[[{]/.test(text)) return text
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2)
  } catch {
    return text
  }
}

function label(text: string, more: (string | undefined)[] = []): HTMLElement {
  return element(
    'p',
    { class: 'label' },
    element('b', {}, text),
    more.filter(Boolean).map((m) => element('span', {}, m ?? '')),
  )
}

/** A text of which only the beginning is there until somebody asks for all of it. */
function foldable(text: string, kind: 'prose' | 'output', lines: number): HTMLElement {
  const whole = text.replace(/\s+$/, '')
  const all = (kind === 'prose' ? reflow(whole) : whole).split('\n')
  const box = element(kind === 'output' ? 'pre' : 'div', { class: kind })
  const fill = (shown: string): void => {
    box.replaceChildren()
    append(box, kind === 'prose' ? prose(shown) : [shown])
  }
  const isLong = all.length > lines + 3 || text.length > 6000
  if (!isLong) {
    fill(all.join('\n'))
    return box
  }
  const start = all.slice(0, lines).join('\n').slice(0, 3000)
  fill(start)
  const button = element(
    'button',
    { type: 'button', class: 'unfold', 'aria-expanded': 'false' },
    `Show all ${count(all.length)} lines`,
  )
  button.addEventListener('click', () => {
    const isOpen = button.getAttribute('aria-expanded') === 'true'
    fill(isOpen ? start : all.join('\n'))
    button.setAttribute('aria-expanded', String(!isOpen))
    button.textContent = isOpen ? `Show all ${count(all.length)} lines` : 'Show less'
  })
  return element('div', { class: 'fold' }, box, button)
}

const axes: [StoryVerdict['about'], string][] = [
  ['outcome', 'Outcome: is it fixed?'],
  ['preservation', 'Preservation: is the rest untouched?'],
  ['integrity', 'Integrity: was it honest?'],
  ['broken-before', 'Before: was it broken?'],
]

function verdictList(story: Story): HTMLElement {
  return element(
    'section',
    { id: 'verdicts', tabindex: '-1' },
    element('h2', {}, 'Verdicts'),
    story.verdicts.length === 0 && element('p', { class: 'faint' }, 'There are none yet.'),
    axes.map(([about, title]) => {
      const own = story.verdicts.filter((v) => v.about === about)
      return (
        own.length > 0 &&
        element(
          'section',
          { class: 'axis' },
          element('h3', {}, title),
          element('ul', { class: 'plain verdicts' }, own.map(verdictItem)),
        )
      )
    }),
    story.violations.length > 0 &&
      element(
        'section',
        { class: 'axis' },
        element('h3', {}, 'What was broken'),
        element(
          'ul',
          { class: 'plain verdicts' },
          story.violations.map((v) =>
            element(
              'li',
              { class: 'not-met' },
              element('b', {}, `▲ ${v.name}`),
              ' ',
              v.because,
              v.step !== undefined && [' ', element('a', { href: `#step-${v.step + 1}` }, `step ${v.step + 1}`)],
            ),
          ),
        ),
      ),
  )
}

const verdictSigns = { met: '✓', 'not-met': '✕', unknown: '?' }

function verdictItem({ check, verdict, because, evidence }: StoryVerdict): HTMLElement {
  return element(
    'li',
    { class: verdict },
    element('b', {}, `${verdictSigns[verdict]} ${verdict.replace('-', ' ')}`),
    ' ',
    element('code', {}, check),
    element('p', {}, because),
    evidence !== undefined &&
      element('details', {}, element('summary', {}, 'Evidence'), element('pre', { class: 'output' }, evidence)),
  )
}

function siblings({ siblings: all, row }: TrialData): HTMLElement {
  return element(
    'section',
    {},
    element('h2', {}, 'Other trials of this task'),
    element(
      'ul',
      { class: 'plain siblings' },
      all
        .filter(({ id }) => id !== row.id)
        .map((s) =>
          element(
            'li',
            {},
            element(
              'a',
              { href: trialHref(s.id), class: `count ${s.outcome}` },
              `${outcomeSigns[s.outcome]} ${s.agent} #${s.attempt}`,
              element('span', { class: 'hidden' }, ` ${s.outcome}`),
            ),
          ),
        ),
    ),
  )
}
