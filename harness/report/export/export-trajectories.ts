import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import { InputError } from '../../base/errors.ts'
import { Redactor } from '../../record/redact.ts'
import type { AtifStep, AtifTrajectory } from '../../record/atif-format.ts'
import { readJobs, type ReportTrial } from '../model/read-jobs.ts'
import { checkChain } from '../publish/check-chain.ts'
import { gatherSecrets } from '../publish/gather-secrets.ts'
import { redactDocument } from '../publish/redact-document.ts'
import { otelSpans } from './otel-spans.ts'
import { textOf } from './text-of.ts'

export const trajectoryFormats = ['sft', 'atif', 'otel'] as const
export type TrajectoryFormat = (typeof trajectoryFormats)[number]

export interface ExportOptions {
  jobs: readonly string[]
  format: TrajectoryFormat
  /** Trials that are not solved, too; unsafe ones never. */
  includeUnsolved?: boolean
}

export interface ExportedTrajectories {
  lines: string[]
  leftOut: { unsolved: number; duplicates: number; withoutTrajectory: number; suspicious: number }
}

/**
 * Trajectories for training, one JSON document a line: of solved trials whose records are whole, without credentials,
 * each course of action once. Unsafe trials are never among them: nobody should learn from those.
 */
export async function exportTrajectories(options: ExportOptions): Promise<ExportedTrajectories> {
  const jobs = await readJobs(options.jobs)
  const trials = jobs.flatMap((job) => job.trials)
  const wanted = trials.filter(
    ({ row }) => row.outcome === 'solved' || (options.includeUnsolved === true && row.outcome === 'failed'),
  )
  const redactor = new Redactor({ secrets: gatherSecrets(wanted.map(({ store }) => store)) })
  const seen = new Set<string>()
  const lines: string[] = []
  const leftOut = { unsolved: trials.length - wanted.length, duplicates: 0, withoutTrajectory: 0, suspicious: 0 }
  for (const trial of wanted) {
    const { problem } = await checkChain(trial)
    if (problem !== undefined) throw new InputError([`a record is not what was recorded: ${problem}`])
    if (!existsSync(trial.store.trajectory)) {
      leftOut.withoutTrajectory++
      continue
    }
    const whole = JSON.parse(await readFile(trial.store.trajectory, 'utf8')) as AtifTrajectory
    const { document: trajectory, leftovers } = redactDocument(whole, trial.row.id, redactor)
    if (leftovers.length > 0) {
      leftOut.suspicious++
      continue
    }
    const key = courseOf(trial, trajectory)
    if (seen.has(key)) {
      leftOut.duplicates++
      continue
    }
    seen.add(key)
    lines.push(...render(trial, trajectory, options.format).map((document) => JSON.stringify(document)))
  }
  return { lines, leftOut }
}

/** What makes two trajectories the same: the task and everything the agent said and did, whatever the ids. */
function courseOf({ row }: ReportTrial, { steps }: AtifTrajectory): string {
  const course = steps.map(({ source, message, tool_calls }) => [
    source,
    message,
    (tool_calls ?? []).map((c) => [c.function_name, c.arguments]),
  ])
  return createHash('sha256')
    .update(JSON.stringify([row.digest, course]))
    .digest('hex')
}

function render(trial: ReportTrial, trajectory: AtifTrajectory, format: TrajectoryFormat): unknown[] {
  const { row } = trial
  const about = {
    task: row.task,
    task_digest: row.digest,
    trial: row.trial,
    agent: row.agent,
    model: row.model ?? null,
    outcome: row.outcome,
  }
  if (format === 'atif') return [{ ...trajectory, extra: { ...trajectory.extra, kubemend_export: about } }]
  if (format === 'otel') return otelSpans(trial.row, trajectory)
  return [
    {
      messages: trajectory.steps.flatMap(chatMessages),
      tools: trajectory.agent.tool_definitions ?? [],
      metadata: about,
    },
  ]
}

/** A step as the chat messages that fine-tuning takes: calls with their results after them. */
function chatMessages(step: AtifStep): unknown[] {
  const content = textOf(step.message)
  if (step.source !== 'agent') return [{ role: step.source === 'system' ? 'system' : 'user', content }]
  const calls = step.tool_calls ?? []
  const results = step.observation?.results ?? []
  return [
    {
      role: 'assistant',
      content,
      ...(step.reasoning_content ? { reasoning_content: step.reasoning_content } : {}),
      ...(calls.length === 0
        ? {}
        : {
            tool_calls: calls.map((call) => ({
              id: call.tool_call_id,
              type: 'function',
              function: { name: call.function_name, arguments: JSON.stringify(call.arguments) },
            })),
          }),
    },
    ...calls.map((call) => ({
      role: 'tool',
      tool_call_id: call.tool_call_id,
      content: textOf(results.find((result) => result.source_call_id === call.tool_call_id)?.content),
    })),
  ]
}
