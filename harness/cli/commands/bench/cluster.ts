import { benchCluster, type ClusterBench, type Measured } from '../../../bench/bench-cluster.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say, table } from '../../output.ts'
import { loadProvider } from '../../providers.ts'
import { wholeNumber } from '../../whole-number.ts'

export const cluster: Command = defineCommand({
  summary: 'Measures how fast clusters start, restore and end, and what they take.',
  flags: {
    cluster: { type: 'string', isMultiple: true, value: 'PROVIDER', summary: 'what to measure, side by side [node]' },
    runs: { type: 'string', value: 'N', default: '5', summary: 'counted runs of each' },
    together: { type: 'string', value: 'N,N', default: '1,2,4,8', summary: 'how many to start at once; "" for none' },
    idle: { type: 'string', value: 'SECONDS', default: '20', summary: 'how long to watch an idle cluster' },
    json: jsonFlag,
  },
  async run({ flags }) {
    const runs = wholeNumber('runs', flags.runs)
    const together = flags.together.split(',').filter(Boolean).map(Number)
    const results: Record<string, ClusterBench> = {}
    for (const name of flags.cluster.length > 0 ? flags.cluster : ['node']) {
      const provider = await loadProvider(name)
      const onProgress = (line: string): void => say(`${name}: ${line}`)
      results[name] = await benchCluster(provider, { runs, together, idleSeconds: Number(flags.idle), onProgress })
    }
    const names = Object.keys(results)
    if (flags.json) return printJson(names.length === 1 ? results[names[0] ?? ''] : results)
    print(render(results))
  },
})

function render(results: Record<string, ClusterBench>): string {
  const rows = Object.entries(results).flatMap(([name, bench]) => [
    row(name, 'cold', bench.cold),
    ...(bench.restored ? [row(name, 'restored', bench.restored)] : []),
    row(name, 'destroyed', bench.destroyed),
    [name, 'idle', `${bench.pssMb} MB PSS`, `${bench.idleCores} cores`, ''],
    ...Object.entries(bench.together).map(([count, t]) => [
      name,
      `${count} at once`,
      seconds(t.wallMs),
      `${seconds(t.cpuMsEach)} each`,
      '',
    ]),
  ])
  const steps = Object.entries(results).flatMap(([name, bench]) => [
    ...describeSteps(`${name} cold`, bench.cold),
    ...describeSteps(`${name} restored`, bench.restored),
  ])
  return [table(['PROVIDER', 'WHAT', 'MEDIAN', 'CPU', 'RANGE'], rows), ...steps].join('\n')
}

function describeSteps(what: string, measured: Measured | undefined): string[] {
  if (!measured?.steps) return []
  const reached = Object.entries(measured.steps).map(([step, ms]) => `${step} ${seconds(ms)}`)
  return [`${what}: ${reached.join(', ')}`]
}

function row(name: string, what: string, { wallMs, cpuMs }: Measured): string[] {
  return [name, what, seconds(wallMs.median), seconds(cpuMs), `${seconds(wallMs.min)} - ${seconds(wallMs.max)}`]
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`
}
