import { appendFile, readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { verifiers } from '../../../verifiers/library.ts'
import { runCommand } from '../../base/command.ts'
import { packageRoot } from '../../base/package-root.ts'
import { findTasks } from '../../task/find-tasks.ts'
import type { Task } from '../../task/task.ts'
import type { CheckReport, ProbeReport } from './check-report.ts'

// node harness/author/check/check.sweep.ts [--rows FILE] [--out DIR] [--for SECONDS] [--flake N] [--concurrency N] [--oracles N] [--table] TASK...
// Checks one task after the other and appends a row for each. Rows of a task whose files are still the same are not made
// again, so that it can be ended and begun again at any time; with --for it begins nothing new after so many seconds.
// With --oracles it lets each oracle repair until it has done so N times, instead; with --table it prints what the rows say, and runs nothing.
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rows: { type: 'string', default: 'results/checks.jsonl' },
    out: { type: 'string', default: 'results' },
    for: { type: 'string', default: '1000000' },
    flake: { type: 'string', default: '1' },
    concurrency: { type: 'string', default: '1' },
    oracles: { type: 'string' },
    table: { type: 'boolean', default: false },
  },
})

interface Row {
  task: string
  digest: string
  at: string
  /** How often the oracle repaired it, and how often that was not `solved`. */
  oracles: number
  unsolvedOracles: number
  invalid: number
  wallMs: number
  /** What the rest of a check has found; absent in rows of oracles. */
  check?: {
    probes: number
    adversaries: number
    adversariesSolved: string[]
    /** Correct repairs that were not `solved`, those that could not be judged left out. */
    falseAlarms: string[]
    findings: string[]
    remarks: number
    cpuMs: number
    dir: string
  }
}

const startedAt = Date.now()
const found = await findTasks({ paths: positionals }, { verifiers })
// in the order in which they were asked for
const tasks = found.tasks.toSorted((a, b) => placeOf(a) - placeOf(b))
const oracles = values.oracles === undefined ? undefined : Number(values.oracles)
if (values.table) process.stdout.write(render(await currentRows()))
else {
  for (const task of tasks) {
    if (Date.now() - startedAt > Number(values.for) * 1000) break
    const done = (await currentRows()).filter((row) => row.task === task.name)
    const missing =
      oracles === undefined
        ? 1 - done.filter(({ check }) => check !== undefined).length
        : oracles - sum(done.map((row) => row.oracles - row.invalid))
    if (missing <= 0) continue
    const row = oracles === undefined ? await checkOne(task) : await repeatOracle(task, missing)
    if (row) await appendFile(values.rows, `${JSON.stringify(row)}\n`)
    process.stderr.write(`${row ? summarize(row) : `${task.name}: nothing came of it`}\n`)
  }
}

function placeOf({ dir }: Task): number {
  return positionals.findIndex((one) => path.resolve(one) === path.resolve(dir))
}

/** Rows of tasks as they are now; what was found of other files says nothing any more. */
async function currentRows(): Promise<Row[]> {
  const text = await readFile(values.rows, 'utf8').catch(() => '')
  const rows = text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as Row]))
  return rows.filter((row) => tasks.some(({ name, digest }) => name === row.task && digest === row.digest))
}

async function checkOne(task: Task): Promise<Row | undefined> {
  // what an interrupted check of the same files has found is not looked for again
  const out = path.join(values.out, `${task.name.split('/').at(-1)}-${task.digest.slice(-8)}`)
  const [earlier] = await readdir(out).catch((): string[] => [])
  const where = earlier === undefined ? ['--out', out] : ['--resume', path.join(out, earlier)]
  const words = ['check', task.dir, '--flake', values.flake, '--concurrency', values.concurrency, ...where, '--json']
  const report = await ask<CheckReport>(words)
  const checked = report?.tasks[0]
  if (!checked || checked.probes.length === 0) return undefined
  const { probes, findings, remarks, wallMs, cpuMs } = checked
  const isAdversary = ({ agent }: ProbeReport): boolean => agent.startsWith('adversary=')
  const names = (list: ProbeReport[]): string[] => list.map(({ agent }) => agent.replace(/^adversary=|^oracle:/, ''))
  const isOf = (outcome: string) => (probe: ProbeReport) => probe.outcome === outcome
  const repairs = probes.filter(({ expected }) => expected === 'solved')
  const own = repairs.filter(({ agent }) => agent === 'oracle')
  return {
    ...begin(task),
    oracles: own.length,
    unsolvedOracles: own.filter(({ isAsExpected, outcome }) => !isAsExpected && outcome !== 'invalid').length,
    invalid: own.filter(isOf('invalid')).length,
    wallMs,
    check: {
      probes: probes.length,
      adversaries: probes.filter(isAdversary).length,
      adversariesSolved: names(probes.filter((probe) => isAdversary(probe) && probe.outcome === 'solved')),
      falseAlarms: names(repairs.filter(({ isAsExpected, outcome }) => !isAsExpected && outcome !== 'invalid')),
      findings: findings.map(({ check, because }) => `${check}: ${because}`),
      remarks: remarks.length,
      cpuMs,
      dir: report.summary.dir,
    },
  }
}

async function repeatOracle(task: Task, times: number): Promise<Row | undefined> {
  const began = Date.now()
  const words = ['run', task.dir, '--agent', 'oracle', '--attempts', String(times), '--concurrency', values.concurrency]
  const ran = await ask<{ trials: { outcome: string }[] }>([...words, '--out', values.out, '--json'])
  if (!ran || ran.trials.length === 0) return undefined
  const count = (isOf: (outcome: string) => boolean): number => ran.trials.filter(({ outcome }) => isOf(outcome)).length
  return {
    ...begin(task),
    oracles: ran.trials.length,
    unsolvedOracles: count((outcome) => outcome !== 'solved' && outcome !== 'invalid'),
    invalid: count((outcome) => outcome === 'invalid'),
    wallMs: Date.now() - began,
  }
}

function begin({ name, digest }: Task): Pick<Row, 'task' | 'digest' | 'at'> {
  return { task: name, digest, at: new Date().toISOString() }
}

async function ask<T>(words: string[]): Promise<T | undefined> {
  const { stdout, stderr } = await runCommand([path.join(packageRoot, 'bin/kubemend'), ...words])
  if (stdout !== '') return JSON.parse(stdout) as T
  process.stderr.write(`${stderr.trim().split('\n').slice(-3).join('\n')}\n`)
  return undefined
}

function summarize({ task, oracles: count, unsolvedOracles, invalid, wallMs, check }: Row): string {
  const seconds = `${Math.round(wallMs / 1000)} s`
  if (!check) return `${task}: ${count} oracles, ${unsolvedOracles} not solved, ${invalid} invalid, ${seconds}`
  const { probes, adversariesSolved, falseAlarms, findings } = check
  return `${task}: ${probes} probes, ${adversariesSolved.length} adversaries solved, ${falseAlarms.length} false alarms, ${findings.length} findings, ${seconds}\n${findings.join('\n')}`
}

function render(rows: Row[]): string {
  const lines = tasks.flatMap(({ name }): string[] => {
    const mine = rows.filter(({ task }) => task === name)
    const check = mine.findLast((row) => row.check !== undefined)
    if (mine.length === 0) return []
    const repaired = sum(mine.map((row) => row.oracles - row.invalid))
    const unsolved = sum(mine.map((row) => row.unsolvedOracles))
    const cells = check?.check
      ? [
          check.check.probes,
          check.check.adversaries,
          check.check.adversariesSolved.length,
          check.check.falseAlarms.length,
          check.check.findings.length,
          Math.round(check.wallMs / 1000),
          Math.round(check.check.cpuMs / 1000),
        ]
      : ['-', '-', '-', '-', '-', '-', '-']
    return [`| ${[name, `${repaired - unsolved} of ${repaired}`, ...cells].join(' | ')} |`]
  })
  const head = ['task', 'oracles solved', 'probes', 'adversaries', 'solved', 'false alarms', 'findings', 's', 'CPU s']
  return `| ${head.join(' | ')} |\n| --- |${' ---: |'.repeat(head.length - 1)}\n${lines.join('\n')}\n`
}

function sum(numbers: number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}
