import { verifiers } from '../../../../verifiers/library.ts'
import { benchTrial, type TrialBench, type TrialOverhead } from '../../../bench/bench-trial.ts'
import { loadTask } from '../../../task/load-task.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say, table } from '../../output.ts'
import { loadProvider } from '../../providers.ts'
import { wholeNumber } from '../../whole-number.ts'
import { ensureTrialPrograms } from '../../trial-programs.ts'

export const trial: Command = defineCommand({
  summary: 'Measures what a trial of a prepared task costs before its agent can act.',
  positionals: '[TASK]',
  flags: {
    cluster: { type: 'string', value: 'PROVIDER', default: 'node', summary: 'what makes the clusters' },
    runs: { type: 'string', value: 'N', default: '10', summary: 'counted runs of each' },
    json: jsonFlag,
  },
  async run({ flags, positionals }) {
    const runs = wholeNumber('runs', flags.runs)
    const programs = await ensureTrialPrograms()
    const provider = await loadProvider(flags.cluster)
    const result = await benchTrial({
      task: await loadTask(positionals[0] ?? 'tasks/core/checkout-lost-its-orders', { verifiers }),
      provider,
      verifiers,
      programs,
      runs,
      onProgress: say,
    })
    if (flags.json) return printJson(result)
    print(render(result))
  },
})

function render(bench: TrialBench): string {
  const rows = Object.entries<TrialOverhead>({ ...bench }).map(([what, { wallMs, stepsMs }]) => [
    what,
    seconds(wallMs.median),
    `${seconds(wallMs.min)} - ${seconds(wallMs.max)}`,
    Object.entries<number>(stepsMs)
      .map(([step, ms]) => `${step} ${seconds(ms)}`)
      .join(', '),
  ])
  return table(['CLUSTER', 'TO THE FIRST CALL', 'RANGE', 'STEPS'], rows)
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
