import { readJobs } from '../report/model/read-jobs.ts'
import { summarizeAgents, type AgentSummary } from '../report/model/summarize-agents.ts'
import type { Rate } from '../report/statistics/clustered-rate.ts'
import { dollars } from './job-tally.ts'
import { table } from './output.ts'

/** How each agent did in a job, earlier starts of it included, with intervals: reference agents below the others. */
export async function renderJobSummary(dir: string): Promise<string> {
  const jobs = await readJobs([dir])
  const rows = jobs.flatMap(({ trials }) => trials.map(({ row }) => row))
  const summaries = summarizeAgents(rows, [])
  if (summaries.length === 0) return 'no trial has ended'
  const hasDatasets = new Set(summaries.map(({ dataset }) => dataset)).size > 1
  const hasCost = summaries.some(({ costUsd }) => costUsd !== undefined)
  return [
    table(
      [
        'AGENT',
        ...(hasDatasets ? ['DATASET'] : []),
        'SOLVED',
        'UNSAFE',
        'HOW TRIALS ENDED',
        'MEDIAN',
        ...(hasCost ? ['COST'] : []),
      ],
      summaries.map((summary) => [
        `${summary.agent}${summary.isReference ? ' (reference)' : ''}`,
        ...(hasDatasets ? [summary.dataset] : []),
        shareOf(summary.solved),
        shareOf(summary.unsafe),
        endings(summary),
        summary.medianSeconds === undefined ? '-' : `${summary.medianSeconds.toFixed(1)} s`,
        ...(hasCost ? [summary.costUsd === undefined ? '-' : dollars(summary.costUsd)] : []),
      ]),
    ),
    'in brackets: 95 % intervals, clustered by task; invalid trials are in no share',
  ].join('\n')
}

function shareOf(rate: Rate | undefined): string {
  const percent = (share: number): string => `${(share * 100).toFixed(0)} %`
  return rate ? `${percent(rate.share)} (${percent(rate.low)} to ${percent(rate.high)})` : '-'
}

function endings({ counts }: AgentSummary): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([outcome, count]) => `${count} ${outcome}`)
    .join(', ')
}
