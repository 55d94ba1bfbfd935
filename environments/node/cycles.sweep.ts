import { readFile } from 'node:fs/promises'
import { startTimer } from '../../harness/base/clock.ts'
import { KubeClient } from '../../harness/base/kube-client.ts'
import type { ClusterSpec } from '../provider.ts'
import { countMachine, describeChange } from './machine-counts.ts'
import { createNodeProvider } from './node-provider.ts'

// node environments/node/cycles.sweep.ts [CYCLES]: makes and destroys clusters and prints, as JSON, how the machine was
// before and after. Every tenth cluster has two nodes. Nothing is written.
const cycles = Number(process.argv[2] ?? 200)
const prefix = `sweep-${process.pid}-`
const provider = createNodeProvider()
const before = await countMachine(prefix)
const kernelBefore = await kernelCounts()
const createdMs: number[] = []
const destroyedMs: number[] = []
const failures: string[] = []
const changes: string[] = []
const total = startTimer()

for (let cycle = 1; cycle <= cycles; cycle++) {
  try {
    const creating = startTimer()
    const cluster = await provider.create(spec(cycle), { owner: 'this-process' })
    createdMs.push(creating())
    using client = await KubeClient.fromKubeconfig(cluster.kubeconfig)
    await client.list('/api/v1/pods')
    const destroying = startTimer()
    await cluster.destroy()
    destroyedMs.push(destroying())
  } catch (error) {
    failures.push(`cycle ${cycle}: ${error instanceof Error ? error.message : String(error)}`)
  }
  const change = describeChange(before, await countMachine(prefix))
  if (change.length > 0) changes.push(`after cycle ${cycle}: ${change.join(', ')}`)
  if (cycle % 10 === 0) process.stderr.write(`${cycle} of ${cycles} cycles, ${Math.round(total() / 1000)} s\n`)
}

const report = {
  cycles,
  failures,
  changes,
  wallMs: Math.round(total()),
  created: summarize(createdMs),
  destroyed: summarize(destroyedMs),
  before: { ...before, ...kernelBefore },
  after: { ...(await countMachine(prefix)), ...(await kernelCounts()) },
}
process.stdout.write(`${JSON.stringify(report, undefined, 2)}\n`)
process.exitCode = failures.length > 0 || changes.length > 0 ? 1 : 0

function spec(cycle: number): ClusterSpec {
  const names = cycle % 10 === 0 ? ['control-plane', 'worker-1'] : ['control-plane']
  return {
    name: `${prefix}${cycle}`,
    kubernetes: '1.35',
    nodes: names.map((name) => ({ name, labels: {}, taints: [], capacity: {} })),
    addons: [],
    images: [],
  }
}

function summarize(values: number[]): { min: number; median: number; max: number } {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (share: number): number => Math.round(sorted[Math.floor((sorted.length - 1) * share)] ?? 0)
  return { min: at(0), median: at(0.5), max: at(1) }
}

/** Figures of the whole machine that others change too: for people to look at, not to be compared exactly. */
async function kernelCounts(): Promise<Record<string, number>> {
  const number = async (file: string): Promise<number> => Number((await readFile(file, 'utf8')).trim().split(/\s+/)[0])
  const meminfo = await readFile('/proc/meminfo', 'utf8')
  const megabytes = (what: string): number =>
    Math.round(Number(new RegExp(`^${what}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1]) / 1024)
  return {
    openFiles: await number('/proc/sys/fs/file-nr'),
    inotifyInstancesAllowed: await number('/proc/sys/fs/inotify/max_user_instances'),
    slabUnreclaimableMb: megabytes('SUnreclaim'),
    memoryAvailableMb: megabytes('MemAvailable'),
  }
}
