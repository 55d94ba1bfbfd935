import * as Plot from '@observablehq/plot'
import type { Outcome } from '../../record/events.ts'
import type { AgentSummary } from '../model/summarize-agents.ts'
import type { HeatData } from '../pages/page-data.ts'
import type { Story } from '../story/story.ts'
import { dollars, outcomeOrder, percent } from './format.ts'

const outcomeColor = (outcome: Outcome): string => `var(--${outcome})`
const base = { style: { background: 'transparent', fontSize: '12px', fontFamily: 'inherit', overflow: 'visible' } }

/** Stacked shares of every way to end, with the interval of what was solved. */
export function outcomeChart(summaries: readonly AgentSummary[], width: number): Element {
  const parts = summaries.flatMap((summary) => {
    let from = 0
    return outcomeOrder
      .filter((outcome) => outcome !== 'invalid')
      .map((outcome) => {
        const share = summary.counted === 0 ? 0 : summary.counts[outcome] / summary.counted
        const part = { agent: nameOf(summary, summaries), outcome, from, to: from + share, n: summary.counts[outcome] }
        from += share
        return part
      })
      .filter(({ n }) => n > 0)
  })
  const labels = labelRoom(
    parts.map(({ agent }) => agent),
    width,
  )
  return Plot.plot({
    ...base,
    width,
    height: 56 + 34 * summaries.length,
    marginLeft: labels.margin,
    x: { domain: [0, 1], tickFormat: (x: number) => `${Math.round(x * 100)} %`, label: null, grid: true },
    y: { domain: summaries.map((s) => nameOf(s, summaries)), label: null, tickFormat: labels.cut, tickSize: 0 },
    marks: [
      Plot.barX(parts, {
        x1: 'from',
        x2: 'to',
        y: 'agent',
        fill: (d: { outcome: Outcome }) => outcomeColor(d.outcome),
        insetTop: 3,
        insetBottom: 3,
        title: (d: { agent: string; outcome: string; n: number; from: number; to: number }) =>
          `${d.agent}: ${d.n} ${d.outcome} (${percent(d.to - d.from)})`,
      }),
      Plot.ruleY(
        summaries.filter((s) => s.solved),
        {
          x1: (s: AgentSummary) => s.solved?.low,
          x2: (s: AgentSummary) => s.solved?.high,
          y: (s: AgentSummary) => nameOf(s, summaries),
          stroke: 'var(--ink)',
          strokeWidth: 1.6,
          marker: 'tick',
        },
      ),
    ],
  })
}

/** pass@k rises and pass^k falls with k: how much luck and how much reliability. */
export function passChart(summaries: readonly AgentSummary[], width: number): Element {
  const points = summaries.flatMap((s) =>
    s.curve.flatMap(({ k, passAtK, passHatK }) => [
      { agent: nameOf(s, summaries), k, share: passAtK, kind: 'pass@k' },
      { agent: nameOf(s, summaries), k, share: passHatK, kind: 'pass^k' },
    ]),
  )
  const most = Math.max(1, ...points.map(({ k }) => k))
  const last = points.filter(
    ({ k, kind, agent }) =>
      kind === 'pass@k' && k === Math.max(...points.filter((p) => p.agent === agent).map((p) => p.k)),
  )
  return Plot.plot({
    ...base,
    width,
    height: 300,
    marginLeft: 48,
    marginRight: 24,
    marginBottom: 46,
    x: {
      labelOffset: 40,
      ticks: Array.from({ length: most }, (_, i) => i + 1),
      tickFormat: 'd',
      label: 'attempts (k)',
      domain: [1, Math.max(2, most)],
    },
    y: { domain: [0, 1], tickFormat: (y: number) => `${Math.round(y * 100)} %`, label: null, grid: true },
    color: { legend: true, range: series, domain: [...new Set(points.map(({ agent }) => agent))] },
    marks: [
      Plot.line(
        points.filter(({ kind }) => kind === 'pass@k'),
        { x: 'k', y: 'share', stroke: 'agent', strokeWidth: 2 },
      ),
      Plot.line(
        points.filter(({ kind }) => kind === 'pass^k'),
        { x: 'k', y: 'share', stroke: 'agent', strokeWidth: 2, strokeDasharray: '5 4' },
      ),
      Plot.dot(points, {
        x: 'k',
        y: 'share',
        fill: 'agent',
        r: 3,
        title: (d: { agent: string; kind: string; k: number; share: number }) =>
          `${d.agent}: ${d.kind.replace('k', String(d.k))} ${percent(d.share)}`,
      }),
      Plot.dot(last, { x: 'k', y: 'share', stroke: 'agent', r: 5 }),
    ],
  })
}

export function costChart(summaries: readonly AgentSummary[], width: number): Element {
  const points = summaries.filter((s) => s.costPerTrial !== undefined && s.solved)
  const most = Math.max(...points.map((s) => s.costPerTrial ?? 0))
  return Plot.plot({
    ...base,
    width,
    height: 300,
    marginLeft: 48,
    marginRight: 40,
    marginBottom: 46,
    x: {
      label: 'cost per trial',
      labelOffset: 40,
      grid: true,
      tickFormat: (x: number) => `$${x}`,
      zero: true,
      nice: true,
      ticks: 5,
    },
    y: { domain: [0, 1], tickFormat: (y: number) => `${Math.round(y * 100)} %`, label: 'solved' },
    marks: [
      Plot.ruleX(points, {
        x: 'costPerTrial',
        y1: (s: AgentSummary) => s.solved?.low,
        y2: (s: AgentSummary) => s.solved?.high,
        stroke: 'var(--faint)',
        strokeWidth: 1.5,
      }),
      Plot.dot(points, {
        x: 'costPerTrial',
        y: (s: AgentSummary) => s.solved?.share,
        r: 6,
        fill: 'var(--accent)',
        title: (s: AgentSummary) => `${s.agent}: ${percent(s.solved?.share)} for ${dollars(s.costPerTrial)} a trial`,
      }),
      // beside the interval, on the side where there is room
      ...(['start', 'end'] as const).map((textAnchor) =>
        Plot.text(
          points.filter((s) => ((s.costPerTrial ?? 0) > most * 0.6 ? 'end' : 'start') === textAnchor),
          {
            x: 'costPerTrial',
            y: (s: AgentSummary) => s.solved?.share,
            text: (s: AgentSummary) => cutText(nameOf(s, summaries), 34),
            textAnchor,
            dx: textAnchor === 'start' ? 12 : -12,
            fill: 'var(--ink)',
          },
        ),
      ),
    ],
  })
}

/** Tasks by agents; the colour says how often it was solved, a triangle that it was unsafe. */
export function heatChart(
  { tasks, agents: all, cells }: HeatData,
  agents: readonly string[],
  hrefOf: (task: string, trial: string | undefined) => string,
  width: number,
): Element {
  const shown = cells.flatMap(([task, agent, trials, solved, unsafe, trial]) => {
    const names = { task: tasks[task] ?? '', agent: all[agent] ?? '' }
    return agents.includes(names.agent) ? [{ ...names, trials, solved, unsafe, href: hrefOf(names.task, trial) }] : []
  })
  type Cell = (typeof shown)[number]
  const used = [...new Set(shown.map(({ task }) => task))].toSorted()
  const labels = labelRoom(used, width)
  const cellHeight = used.length > 60 ? 16 : 26
  const isWide = agents.length < 9
  const isSolvedOften = (c: Cell): boolean => c.solved / c.trials > 0.55
  const ink = (c: Cell): string => (isSolvedOften(c) ? 'var(--panel)' : 'var(--ink)')
  return Plot.plot({
    ...base,
    width: isWide ? width : Math.min(width, labels.margin + 60 + agents.length * 150),
    height: (isWide ? 40 : 110) + used.length * cellHeight,
    marginLeft: labels.margin,
    marginTop: isWide ? 30 : 90,
    marginBottom: 6,
    marginRight: isWide ? 4 : 50,
    x: {
      domain: [...agents],
      axis: 'top',
      tickRotate: isWide ? 0 : -28,
      label: null,
      tickFormat: (a: string) => cutText(a, isWide ? Math.floor((width - labels.margin) / agents.length / 7.2) : 24),
      tickSize: 0,
    },
    y: { domain: used, label: null, tickFormat: labels.cut, tickSize: 0 },
    marks: [
      Plot.cell(shown, {
        x: 'agent',
        y: 'task',
        inset: 1.5,
        rx: 4,
        fill: (c: Cell) =>
          `color-mix(in oklab, var(--solved) ${Math.round((c.solved / c.trials) * 100)}%, var(--heat-none))`,
        href: 'href',
        title: (c: Cell) =>
          `${c.task} by ${c.agent}: ${c.solved} of ${c.trials} solved${c.unsafe > 0 ? `, ${c.unsafe} unsafe` : ''}`,
      }),
      Plot.text(isWide && cellHeight > 20 ? shown : [], {
        x: 'agent',
        y: 'task',
        text: (c: Cell) => `${c.solved}/${c.trials}`,
        fill: ink,
        fontSize: 11,
        fontWeight: 600,
        pointerEvents: 'none',
      }),
      Plot.text(
        shown.filter((c) => c.unsafe > 0),
        {
          x: 'agent',
          y: 'task',
          text: () => '▲',
          dx: isWide ? 24 : 0,
          fill: 'var(--unsafe)',
          stroke: 'var(--panel)',
          strokeWidth: 3,
          fontSize: 11,
          pointerEvents: 'none',
        },
      ),
    ],
  })
}

/** A difference with its interval against none at all. */
export function differenceChart(
  rows: readonly { name: string; difference: number; low: number; high: number; isGood: boolean | undefined }[],
  [first, second]: readonly [string, string],
  width: number,
): Element {
  type Row = (typeof rows)[number]
  const reach = Math.min(1, Math.max(0.2, ...rows.flatMap(({ low, high }) => [Math.abs(low), Math.abs(high)])) * 1.1)
  const color = ({ isGood }: Row): string =>
    isGood === undefined ? 'var(--faint)' : isGood ? 'var(--solved)' : 'var(--unsafe)'
  return Plot.plot({
    ...base,
    width,
    height: 70 + rows.length * 42,
    marginLeft: 70,
    marginRight: 24,
    marginTop: 30,
    x: {
      domain: [-reach, reach],
      grid: true,
      label: null,
      tickFormat: (x: number) => `${x > 0 ? '+' : x < 0 ? '−' : ''}${Math.abs(Math.round(x * 100))}`,
    },
    y: { domain: rows.map(({ name }) => name), label: null, tickSize: 0 },
    marks: [
      Plot.ruleX([0], { stroke: 'var(--ink)', strokeWidth: 1.4 }),
      Plot.ruleY(rows, { x1: 'low', x2: 'high', y: 'name', stroke: color, strokeWidth: 3, marker: 'tick' }),
      Plot.dot(rows, { x: 'difference', y: 'name', r: 7, fill: color, stroke: 'var(--panel)', strokeWidth: 2 }),
      Plot.text([`← more by ${cutText(first, Math.floor(width / 22))}`], {
        frameAnchor: 'top-left',
        dy: -22,
        fill: 'var(--faint)',
      }),
      Plot.text([`more by ${cutText(second, Math.floor(width / 22))} →`], {
        frameAnchor: 'top-right',
        dy: -22,
        fill: 'var(--faint)',
      }),
    ],
  })
}

export interface TimelineMarkers {
  step: number | undefined
  ms: number
  kind: 'fixed' | 'protected'
}

/** The trial on one time line: phases, calls, pods, and the moments worth going to. */
export function timelineChart(story: Story, markers: readonly TimelineMarkers[], width: number): Element {
  const seconds = (ms: number): number => ms / 1000
  const pods = story.pods.slice(0, 14)
  const labels = labelRoom(['what was done', ...pods.map(({ name }) => name)], width, 0.28)
  const begins = story.agentBegins ?? 0
  const from = Math.max(0, begins - (story.ends - begins) * 0.06)
  const calls = story.steps.flatMap((step, i) =>
    step.kind === 'call'
      ? [
          {
            lane: 'tool calls',
            from: step.ms,
            to: step.ms + Math.max(step.durationMs ?? 0, (story.ends - from) / 500),
            step: i,
            title: step.command,
            fill: step.isError || step.exitCode ? 'var(--failed)' : 'var(--accent)',
          },
        ]
      : [],
  )
  const phases = story.phases
    .filter(({ to }) => to > from)
    .map((p) => ({
      lane: 'phases',
      from: Math.max(from, p.from),
      to: p.to,
      title: p.phase,
      fill: phaseFill[p.phase] ?? 'var(--phase)',
    }))
  const lanes = ['phases', 'tool calls', ...pods.map(({ name }) => name)]
  const spans = pods.flatMap(({ name, spans: all }) =>
    all
      .filter(([, to]) => to > from)
      .map(([a, to, health]) => ({
        lane: name,
        from: Math.max(a, from),
        to,
        title: `${name}: ${health}`,
        fill: `var(--pod-${health})`,
      })),
  )
  const x = {
    x1: (d: { from: number }) => seconds(d.from),
    x2: (d: { to: number }) => seconds(d.to),
    y: 'lane',
    fill: 'fill',
    title: 'title',
  }
  const isNarrow = width < 560
  return Plot.plot({
    ...base,
    width,
    height: 54 + lanes.length * 21,
    marginLeft: labels.margin,
    marginTop: 26,
    marginRight: 14,
    x: {
      domain: [seconds(from), seconds(story.ends)],
      tickFormat: (s: number) => `${s} s`,
      label: null,
      grid: true,
      ticks: isNarrow ? 4 : 9,
    },
    y: { domain: lanes, label: null, tickFormat: labels.cut, tickSize: 0 },
    color: { type: 'identity' },
    marks: [
      Plot.barX(phases, { ...x, insetTop: 3, insetBottom: 3, rx: 2 }),
      Plot.text(
        phases.filter((p) => p.to - p.from > (story.ends - from) * (isNarrow ? 0.2 : 0.09)),
        {
          x: (p: { from: number; to: number }) => seconds((p.from + p.to) / 2),
          y: 'lane',
          text: 'title',
          fill: 'var(--phase-ink)',
          fontSize: 11,
          pointerEvents: 'none',
        },
      ),
      Plot.barX(spans, { ...x, insetTop: 5, insetBottom: 5, rx: 2 }),
      Plot.barX(calls, {
        ...x,
        insetTop: 3,
        insetBottom: 3,
        rx: 2,
        href: (d: { step: number }) => `#step-${d.step + 1}`,
      }),
      Plot.ruleX(markers, {
        x: (m: TimelineMarkers) => seconds(m.ms),
        stroke: (m: TimelineMarkers) => (m.kind === 'fixed' ? 'var(--solved)' : 'var(--unsafe)'),
        strokeWidth: 1.6,
      }),
      // away from each other, as they may be close
      ...markers.map((marker) =>
        Plot.text([marker], {
          x: (m: TimelineMarkers) => seconds(m.ms),
          frameAnchor: 'top',
          dy: -14,
          dx: isFirst(marker, markers) ? 4 : -4,
          text: (m: TimelineMarkers) => (m.kind === 'fixed' ? '✓ fixed' : '▲ protected'),
          fill: (m: TimelineMarkers) => (m.kind === 'fixed' ? 'var(--solved-ink)' : 'var(--unsafe-ink)'),
          fontWeight: 600,
          textAnchor: isFirst(marker, markers) ? 'end' : 'start',
        }),
      ),
    ],
  })
}

function isFirst(marker: TimelineMarkers, markers: readonly TimelineMarkers[]): boolean {
  return (
    markers.length > 1 &&
    marker.ms === Math.min(...markers.map(({ ms }) => ms)) &&
    marker === markers.find(({ ms }) => ms === marker.ms)
  )
}

const phaseFill: Record<string, string> = { agent: 'var(--phase-agent)', verify: 'var(--phase-verify)' }

const series = [
  'var(--series-1)',
  'var(--series-2)',
  'var(--series-3)',
  'var(--series-4)',
  'var(--series-5)',
  'var(--series-6)',
  'var(--series-7)',
  'var(--series-8)',
]

/** The dataset is said only where there are several. */
function nameOf({ agent, dataset }: AgentSummary, all: readonly AgentSummary[]): string {
  return new Set(all.map((s) => s.dataset)).size > 1 ? `${agent} · ${dataset}` : agent
}

/** As much room for labels as they need, and no more than a share of the width. */
function labelRoom(
  labels: readonly string[],
  width: number,
  share = 0.34,
): { margin: number; cut: (label: string) => string } {
  const longest = Math.max(4, ...labels.map((label) => label.length))
  const chars = Math.min(longest, Math.floor((width * share) / 6.9))
  return { margin: Math.ceil(chars * 6.9) + 14, cut: (label) => cutText(label, chars) }
}

function cutText(text: string, chars: number): string {
  return text.length <= chars ? text : `${text.slice(0, Math.max(1, chars - 1))}…`
}
