import { measureAgreement, type Agreement } from '../../../manifest/assess/agreement.ts'
import { assessmentFlags } from '../../../manifest/assess/assessment.ts'
import { equalWeights, parseWeights } from '../../../manifest/assess/composite.ts'
import { findWeakSpots, summarizeFunnels } from '../../../manifest/summarize-funnel.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, table } from '../../output.ts'
import { readSomeAnswers, type StoredAnswer } from '../../read-judged-answers.ts'
import { renderFunnels } from '../../render-funnels.ts'

export const funnel: Command = defineCommand({
  summary: 'Shows how far the answers of a job came, and what fails together.',
  positionals: 'JOB',
  flags: {
    weights: {
      type: 'string',
      value: 'E,O,Q',
      summary: 'what execution, operation and judged quality weigh in the composite; a third each without it',
    },
    json: jsonFlag,
  },
  async run({ flags, positionals: [job = ''] }) {
    const weights = flags.weights === undefined ? equalWeights : parseWeights(flags.weights)
    const answers = await readSomeAnswers(job)
    const funnels = summarizeFunnels(answers, weights)
    const weakSpots = findWeakSpots(answers)
    const agreement = agreementOf(answers)
    if (flags.json) printJson({ weights, funnels, weakSpots, agreement })
    else {
      print(renderFunnels(funnels, weights))
      for (const one of agreement) print(`\n${renderAgreement(one)}`)
      if (weakSpots.length > 0) print(`\n${renderSpots(weakSpots.slice(0, 10))}`)
    }
  },
})

/** How far each two judges agree who judged the same answers. */
function agreementOf(answers: readonly StoredAnswer[]): Agreement[] {
  const judges = [...new Set(answers.flatMap(({ assessments }) => assessments.map(({ judge }) => judge)))].toSorted()
  const sides = judges.map((name) => ({
    name,
    of: new Map(
      answers.flatMap(({ store, assessments }) =>
        assessments.filter(({ judge }) => judge === name).map((one) => [store.name, one] as const),
      ),
    ),
  }))
  return sides.flatMap((first, i) => sides.slice(i + 1).flatMap((second) => measureAgreement(first, second) ?? []))
}

function renderAgreement({ judges, answers, kappa, agreed, scoreGap }: Agreement): string {
  const flags = assessmentFlags.map(
    (flag) => `${flag} ${kappa[flag]?.toFixed(2) ?? 'undefined'} (${(100 * agreed[flag]).toFixed(0)} % the same)`,
  )
  return `${judges.join(' and ')} on ${answers} answers: Cohen's kappa ${flags.join(', ')}; quality differs by ${scoreGap.toFixed(3)} on average`
}

function renderSpots(spots: ReturnType<typeof findWeakSpots>): string {
  const rows = spots.map(({ agent, stage, finding, kind, operation, level, tasks }) => [
    agent,
    stage,
    finding,
    `${operation} ${kind}`,
    level,
    String(tasks.length),
    tasks[0] ?? '',
  ])
  return table(['AGENT', 'STAGE', 'FINDING', 'KIND', 'LEVEL', 'TASKS', 'FIRST'], rows)
}
