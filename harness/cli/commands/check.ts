import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { verifiers } from '../../../verifiers/library.ts'
import { checkTask } from '../../author/check/check-task.ts'
import {
  checkNames,
  summarizeCheck,
  type CheckName,
  type CheckReport,
  type TaskReport,
} from '../../author/check/check-report.ts'
import { renderJunit, rowsOf } from '../../author/check/render-report.ts'
import { InputError } from '../../base/errors.ts'
import { removeDeadScratch } from '../../base/scratch.ts'
import { writeAtomically } from '../../base/write-atomically.ts'
import { makeJobName } from '../../store/trial-name.ts'
import { findTasks } from '../../task/find-tasks.ts'
import { formatProblem, throwProblems, type Problem } from '../../task/problem.ts'
import { concurrencyOf } from '../concurrency.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { createLineReporter } from '../job-progress.ts'
import { print, printJson, say, table } from '../output.ts'
import { existingFlags, loadProvider } from '../providers.ts'
import { version } from '../version.ts'
import { watchInterrupts } from '../watch-interrupts.ts'
import { wholeNumber } from '../whole-number.ts'
import { ensureTrialPrograms } from '../trial-programs.ts'

export const check: Command = defineCommand({
  summary: 'Lets tasks prove themselves: their words, their solutions, and everybody who would cheat them.',
  positionals: 'TASK...',
  flags: {
    flake: { type: 'string', value: 'N', default: '3', summary: 'how often the oracle must solve it' },
    concurrency: { type: 'string', value: 'N', summary: 'probes at once [what memory and processors allow]' },
    cluster: { type: 'string', value: 'PROVIDER', default: 'auto', summary: 'what makes the clusters' },
    ...existingFlags,
    quick: { type: 'boolean', summary: 'without adversaries and mutations, while you are still writing' },
    adversary: { type: 'string', isMultiple: true, value: 'GLOB', summary: 'only adversaries of such a name' },
    name: { type: 'string', isMultiple: true, value: 'GLOB', summary: 'only tasks of such a name' },
    out: { type: 'string', value: 'DIR', default: 'results', summary: 'where the evidence goes' },
    resume: { type: 'string', value: 'DIR', summary: 'go on with a check: keep its probes that are valid still' },
    junit: { type: 'string', value: 'FILE', summary: 'write the report as JUnit too, for CI' },
    json: jsonFlag,
  },
  details: `Exit code 0 when there is no finding, 1 when there is one. docs/check.md says what each check is. Example:

  kubemend check tasks/core/checkout-lost-its-orders`,
  async run({ flags, positionals }) {
    const startedAt = Date.now()
    const flake = wholeNumber('flake', flags.flake)
    const concurrency = concurrencyOf(flags.concurrency)
    const { tasks, problems } = await findTasks({ paths: positionals, names: flags.name }, { verifiers })
    const broken = reportBroken(problems)
    if (tasks.length + broken.length === 0) throw new InputError([`${positionals.join(' ')}: no task is selected`])
    const dir = path.resolve(flags.resume ?? path.join(flags.out, `check-${makeJobName()}`))
    if (flags.resume !== undefined && !existsSync(dir))
      throw new InputError([`--resume ${flags.resume}: there is no such folder`])
    const reports = [...broken]
    if (tasks.length > 0) {
      const provider = await loadProvider(flags.cluster, flags)
      await provider.removeLeftovers()
      await removeDeadScratch()
      const programs = await ensureTrialPrograms()
      say(`evidence: ${dir}`)
      using interrupt = watchInterrupts()
      for (const [i, task] of tasks.entries()) {
        if (interrupt.drain.aborted) break
        say(`${task.id} (${i + 1} of ${tasks.length})`)
        const report = await checkTask(task, {
          dir,
          flake,
          isQuick: flags.quick,
          adversaries: flags.adversary,
          concurrency,
          provider,
          verifiers,
          programs,
          kubemend: version,
          drain: interrupt.drain,
          stop: interrupt.stop,
          reporter: (total) => createLineReporter({ total }),
        })
        if (interrupt.drain.aborted) break
        reports.push(report)
        if (!flags.json) printTask(report)
      }
      if (interrupt.drain.aborted) throw new InputError(['interrupted'], { hint: `go on with it: --resume ${dir}` })
    }
    const whole = summarizeCheck(reports, { dir, wallMs: Date.now() - startedAt })
    if (tasks.length > 0)
      await writeAtomically(path.join(dir, 'check.json'), `${JSON.stringify(whole, undefined, 2)}\n`)
    if (flags.junit !== undefined) await writeFile(flags.junit, renderJunit(whole))
    if (flags.json) printJson(whole)
    else printWhole(whole, broken)
    return whole.summary.findings > 0 ? 1 : 0
  },
})

/** Tasks that cannot even be read, each with what is wrong; a path that leads to none is the caller's mistake. */
function reportBroken(problems: readonly Problem[]): TaskReport[] {
  const byTask = new Map<string, Problem[]>()
  const strays: Problem[] = []
  for (const problem of problems) {
    const dir = taskFolderOf(problem.file)
    if (dir === undefined) strays.push(problem)
    else byTask.set(dir, [...(byTask.get(dir) ?? []), problem])
  }
  if (strays.length > 0) throwProblems(strays)
  return [...byTask].map(([dir, mine]) => ({
    task: path.basename(dir),
    dir,
    findings: mine.map((problem) => ({ check: 'schema' as const, because: formatProblem(problem), at: problem.file })),
    remarks: [],
    probes: [],
    notRun: (Object.keys(checkNames) as CheckName[]).filter((name) => name !== 'schema'),
    wallMs: 0,
    cpuMs: 0,
  }))
}

/** The folder of the task that a file belongs to: one that is named like the parts of a task are. */
function taskFolderOf(file: string): string | undefined {
  const parts = path.resolve(file).split(path.sep)
  const at = parts.findIndex((part) => taskParts.has(part))
  return at > 0 ? parts.slice(0, at).join(path.sep) : undefined
}

const taskParts = new Set(['task.toml', 'instruction.md', 'environment', 'solution', 'tests', 'steps'])

function printTask(report: TaskReport): void {
  const rows = rowsOf(report).map(({ check: name, verdict, because }) => [name, verdict, because])
  print(`\n${report.task}  ${(report.wallMs / 1000).toFixed(0)} s, ${(report.cpuMs / 1000).toFixed(0)} CPU s\n`)
  print(
    table(
      ['CHECK', 'VERDICT', 'BECAUSE'],
      rows.map((row) => row.map((cell) => inShort(cell, 140))),
    ),
  )
  const probes = report.probes.map((probe) => [
    probe.agent,
    probe.outcome,
    probe.isAsExpected ? 'ok' : `expected ${probe.expected}`,
    `${(probe.wallMs / 1000).toFixed(1)} s`,
    inShort(probe.because, 110),
  ])
  if (probes.length > 0) print(`\n${table(['PROBE', 'OUTCOME', '', 'TIME', 'BECAUSE'], probes)}`)
  for (const [title, list] of [
    ['findings', report.findings],
    ['remarks', report.remarks],
  ] as const) {
    if (list.length > 0) print(`\n${title}:`)
    for (const { check: name, because, at } of list)
      print(`- ${name}: ${because}${at === undefined ? '' : `\n  ${at}`}`)
  }
}

function printWhole({ summary }: CheckReport, broken: TaskReport[]): void {
  for (const report of broken) printTask(report)
  const { tasks, probes, findings, remarks, wallMs, dir } = summary
  print(
    `\n${count(tasks, 'task')}, ${count(probes, 'probe')}, ${count(findings, 'finding')}, ${count(remarks, 'remark')} in ${(wallMs / 1000).toFixed(0)} s`,
  )
  if (probes > 0) print(`evidence: ${dir}`)
}

function count(number: number, word: string): string {
  return `${number} ${word}${number === 1 ? '' : 's'}`
}

function inShort(text: string, length: number): string {
  const line = text.replaceAll('\n', ' ')
  return line.length > length ? `${line.slice(0, length - 3)}...` : line
}
