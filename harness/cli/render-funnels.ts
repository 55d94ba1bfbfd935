import { equalWeights, wordWeights, type Weights } from '../manifest/assess/composite.ts'
import { summarizeFunnels, type Funnel } from '../manifest/summarize-funnel.ts'
import { manifestStages } from '../task/manifest-spec.ts'
import { print, table } from './output.ts'
import { readJudgedAnswers } from './read-judged-answers.ts'

/** Prints how far the answers of a job came; nothing where no task wanted one. */
export async function printFunnels(job: string): Promise<void> {
  const answers = await readJudgedAnswers(job)
  if (answers.length > 0) print(`\n${renderFunnels(summarizeFunnels(answers), equalWeights)}`)
}

/** One row for each agent: how many answers met a stage and all before it; the composite never without its weights. */
export function renderFunnels(funnels: readonly Funnel[], weights: Weights): string {
  const isJudged = funnels.some(({ judged }) => judged !== undefined)
  const rows = funnels.map(({ agent, answers, reached, fullPass, strict, text, judged }) => [
    agent,
    String(answers),
    ...manifestStages.map((stage) => String(reached[stage])),
    percent(fullPass / answers),
    percent(strict / answers),
    (text['kvWildcard'] ?? 0).toFixed(3),
    ...(isJudged
      ? [String(judged?.answers ?? 0), judged?.quality.toFixed(3) ?? '-', judged?.composite.toFixed(3) ?? '-']
      : []),
  ])
  const head = [
    'AGENT',
    'ANSWERS',
    ...manifestStages.map((stage) => stage.toUpperCase()),
    'FULL-PASS',
    'STRICT',
    'KV-WILDCARD',
    ...(isJudged ? ['JUDGED', 'QUALITY', 'COMPOSITE'] : []),
  ]
  return [...(isJudged ? [`${wordWeights(weights)}\n`] : []), table(head, rows)].join('\n')
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`
}
