import { benchReport } from '../../../bench/bench-report.ts'
import { InputError } from '../../../base/errors.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say } from '../../output.ts'

export const report: Command = defineCommand({
  summary: 'Measures how long the site of many made-up trials takes, and what its first page weighs.',
  flags: {
    trials: { type: 'string', value: 'N', default: '10000', summary: 'how many, by five agents' },
    calls: { type: 'string', value: 'N', default: '12', summary: 'tool calls of each' },
    json: jsonFlag,
  },
  async run({ flags }) {
    const [trials = 0, calls = 0] = [flags.trials, flags.calls].map(Number)
    if (!Number.isInteger(trials) || trials < 5 || !Number.isInteger(calls) || calls < 1)
      throw new InputError(['--trials, --calls: expected whole numbers, from 5 and from 1'])
    const bench = await benchReport({ trials, calls, onProgress: say })
    if (flags.json) return printJson({ report: bench })
    const { buildMs, cpuMs, peakMb, firstPageKb, siteMb } = bench
    print(
      `${bench.trials} trials of ${bench.calls} calls: ${(buildMs / 1000).toFixed(1)} s (processor ${(cpuMs / 1000).toFixed(1)} s)`,
    )
    print(`most memory ${peakMb} MB · site ${siteMb} MB · first page ${firstPageKb} kB`)
  },
})
