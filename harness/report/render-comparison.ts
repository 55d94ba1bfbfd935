import type { Comparison, TaskPair } from './model/compare-agents.ts'
import type { Rate } from './statistics/clustered-rate.ts'
import type { PairedDifference } from './statistics/paired-bootstrap.ts'

/** A comparison for a terminal or, as Markdown, for a pull request. */
export function renderComparison(comparison: Comparison, isMarkdown = false): string {
  const { first, second, solved, unsafe, mcnemar, deciding, same, leftOut } = comparison
  const title = `${first.name} against ${second.name}`
  if (!solved) return `${isMarkdown ? '### ' : ''}${title}\n\nThere is no task that both have trials of.`
  const rows = [
    ['', 'solved', 'unsafe', 'trials'],
    ...[first, second].map((side) => [side.name, rate(side.solved), rate(side.unsafe), String(side.trials)]),
  ]
  const tasks = [
    ['task that decides it', first.name, second.name],
    ...deciding.slice(0, 40).map((pair) => [pair.task, cell(pair.first), cell(pair.second)]),
  ]
  return [
    `${isMarkdown ? '### ' : ''}${title}`,
    sentence(comparison),
    grid(rows, isMarkdown),
    [
      `difference solved: ${difference(solved)} (paired bootstrap over ${solved.tasks} tasks)`,
      ...(unsafe ? [`difference unsafe: ${difference(unsafe)}`] : []),
      ...(mcnemar
        ? [
            `exact McNemar: ${mcnemar.onlyFirst} only by the first, ${mcnemar.onlySecond} only by the second, p = ${mcnemar.p.toFixed(4)}${effect(mcnemar.effect)}`,
          ]
        : []),
      ...(leftOut.length > 0 ? [`left out, because only one side has them: ${leftOut.length} tasks`] : []),
      `${same} tasks on which both solve the same share`,
    ]
      .map((line) => (isMarkdown ? `- ${line}` : line))
      .join('\n'),
    ...(deciding.length > 0 ? [grid(tasks, isMarkdown)] : []),
  ].join('\n\n')
}

function effect(size: NonNullable<Comparison['mcnemar']>['effect']): string {
  return size ? `, odds ratio ${size.oddsRatio.toFixed(2)}, Cohen's g ${size.g.toFixed(2)}` : ''
}

function sentence({ first, second, solved }: Comparison): string {
  if (solved && solved.low > 0) return `${second.name} solves more.`
  if (solved && solved.high < 0) return `${first.name} solves more.`
  return 'Neither is better beyond doubt.'
}

function rate(value: Rate | undefined): string {
  return value ? `${percent(value.share)} (${percent(value.low)} to ${percent(value.high)})` : '-'
}

function difference({ difference: d, low, high }: PairedDifference): string {
  const points = (share: number): string => `${share > 0 ? '+' : ''}${(share * 100).toFixed(1)}`
  return `${points(d)} points, 95 % interval ${points(low)} to ${points(high)}`
}

function cell({ solved, trials, unsafe }: TaskPair['first']): string {
  return `${solved}/${trials}${unsafe > 0 ? `, ${unsafe} unsafe` : ''}`
}

function percent(share: number): string {
  return `${(share * 100).toFixed(0)} %`
}

function grid(rows: string[][], isMarkdown: boolean): string {
  if (isMarkdown) {
    const line = (cells: string[]): string => `| ${cells.map((c) => c.replaceAll('|', String.raw`\|`)).join(' | ')} |`
    const [head = [], ...body] = rows
    return [line(head), line(head.map(() => '---')), ...body.map(line)].join('\n')
  }
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => (row[i] ?? '').length)))
  return rows
    .map((row) =>
      row
        .map((c, i) => c.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
