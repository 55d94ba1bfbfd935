import { InputError } from '../../../base/errors.ts'
import { findWeakSpots, summarizeFunnels, type Funnel } from '../../../manifest/summarize-funnel.ts'
import { manifestStages } from '../../../task/manifest-spec.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, table } from '../../output.ts'
import { readJudgedAnswers } from '../../read-judged-answers.ts'

export const funnel: Command = defineCommand({
  summary: 'Shows how far the answers of a job came, and what fails together.',
  positionals: 'JOB',
  flags: { json: jsonFlag },
  async run({ flags, positionals: [job = ''] }) {
    const answers = await readJudgedAnswers(job)
    if (answers.length === 0) throw new InputError([`${job}: no trial in it judged a manifest`])
    const funnels = summarizeFunnels(answers)
    const weakSpots = findWeakSpots(answers)
    if (flags.json) printJson({ funnels, weakSpots })
    else {
      print(renderFunnels(funnels))
      if (weakSpots.length > 0) print(`\n${renderSpots(weakSpots.slice(0, 10))}`)
    }
  },
})

/** One row for each agent: how many answers met a stage and all before it. */
export function renderFunnels(funnels: readonly Funnel[]): string {
  const rows = funnels.map(({ agent, answers, reached, fullPass, strict, text }) => [
    agent,
    String(answers),
    ...manifestStages.map((stage) => String(reached[stage])),
    percent(fullPass / answers),
    percent(strict / answers),
    (text['kvWildcard'] ?? 0).toFixed(3),
  ])
  return table(
    ['AGENT', 'ANSWERS', ...manifestStages.map((stage) => stage.toUpperCase()), 'FULL-PASS', 'STRICT', 'KV-WILDCARD'],
    rows,
  )
}

function renderSpots(spots: ReturnType<typeof findWeakSpots>): string {
  const rows = spots.map(({ agent, stage, finding, kind, level, tasks }) => [
    agent,
    stage,
    finding,
    kind,
    level,
    String(tasks.length),
    tasks[0] ?? '',
  ])
  return table(['AGENT', 'STAGE', 'FINDING', 'KIND', 'LEVEL', 'TASKS', 'FIRST'], rows)
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
