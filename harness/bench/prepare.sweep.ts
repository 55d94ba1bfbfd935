import { appendFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { ensureBinaries } from '../../environments/node/binaries.ts'
import { createNodeProvider } from '../../environments/node/node-provider.ts'
import type { Cluster, Provider } from '../../environments/provider.ts'
import { verifiers } from '../../verifiers/library.ts'
import { startTimer } from '../base/clock.ts'
import { messageOf } from '../base/errors.ts'
import { findTasks } from '../task/find-tasks.ts'
import { prepareCluster, worldKey } from '../trial/prepare-cluster.ts'

// node harness/bench/prepare.sweep.ts [--rows FILE] TASK...: how long each task takes until it is broken and ready, from
// nothing and restored, on the embedded cluster. Prints a Markdown table; exit code 1 when one takes longer than it may.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rows: { type: 'string', default: 'results/preparation.jsonl' } },
})
const limitsMs = { new: 25_000, restored: 5_000 }

interface Row {
  task: string
  at: string
  newMs: number
  restoredMs: number
}

const { tasks } = await findTasks({ paths: positionals }, { verifiers })
const { bin } = await ensureBinaries('1.35', () => undefined)
const programs = { kubectl: path.join(bin, 'kubectl'), portal: path.join(bin, 'portal') }
const rows: Row[] = []
for (const task of tasks) {
  if (task.cluster === undefined) continue
  try {
    const row = { task: task.name, at: new Date().toISOString(), ...(await measure(task)) }
    rows.push(row)
    await appendFile(values.rows, `${JSON.stringify(row)}\n`)
    process.stderr.write(`${rowOf(row)}\n`)
  } catch (error) {
    process.stderr.write(`${task.name}: ${messageOf(error)}\n`)
    process.exitCode = 1
  }
}
const late = rows.filter(({ newMs, restoredMs }) => newMs > limitsMs.new || restoredMs > limitsMs.restored)
const head = ['| task | from nothing, s | restored, s |', '| --- | ---: | ---: |']
process.stdout.write(
  `${[...head, ...rows.map(rowOf), '', `${rows.length} tasks, ${late.length} take longer.`].join('\n')}\n`,
)
if (late.length > 0) process.exitCode = 1

/** As the first trial of a task does it, whether or not its world is in the cache, and then as every later one. */
async function measure(task: (typeof tasks)[number]): Promise<Pick<Row, 'newMs' | 'restoredMs'>> {
  const node = createNodeProvider()
  let [newMs, restoredMs] = [0, 0]
  const key = worldKey(task, node)
  let elapsed = startTimer()
  const provider: Provider = Object.assign(Object.create(node) as Provider, {
    hasSnapshot: (wanted: string) =>
      newMs === 0 && wanted === key ? Promise.resolve(false) : node.hasSnapshot(wanted),
    async create(...args: Parameters<Provider['create']>): Promise<Cluster> {
      const cluster = await node.create(...args)
      return new Proxy(cluster, {
        get(target, name) {
          if (name === 'snapshot') newMs = Math.round(elapsed())
          const value: unknown = Reflect.get(target, name)
          return typeof value === 'function' ? (value as () => unknown).bind(target) : value
        },
      })
    },
    async restore(...args: Parameters<Provider['restore']>): Promise<Cluster> {
      elapsed = startTimer()
      const cluster = await node.restore(...args)
      restoredMs = Math.round(elapsed())
      return cluster
    },
  })
  const name = `prepare-${process.pid}-${path.basename(task.dir)}`.slice(0, 36).replace(/-+$/, '')
  const { signal } = new AbortController()
  const cluster = await prepareCluster({ task, provider, name, verifiers, programs, signal })
  await cluster.destroy()
  return { newMs, restoredMs }
}

function rowOf({ task, newMs, restoredMs }: Row): string {
  return `| ${task} | ${(newMs / 1000).toFixed(1)} | ${(restoredMs / 1000).toFixed(1)} |`
}
