import path from 'node:path'
import { InputError } from '../../../base/errors.ts'
import { compareAgents, type Comparison } from '../../../report/model/compare-agents.ts'
import { manifestStages } from '../../../task/manifest-spec.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { print, printJson, say, table } from '../../output.ts'
import { readSomeAnswers, type StoredAnswer } from '../../read-judged-answers.ts'

export const compare: Command = defineCommand({
  summary: 'Tests whether one model answers better than another: task by task, for full-pass and every stage.',
  positionals: 'JOB_A [JOB_B]',
  flags: {
    agent: { type: 'string', isMultiple: true, value: 'AGENT', summary: 'given twice: the first against the second' },
    split: {
      type: 'string',
      default: 'test',
      choices: ['test', 'train', 'all'],
      summary: 'which half of the tasks; test is what nothing was trained on',
    },
    json: jsonFlag,
  },
  details: `The exact McNemar test where each side has one answer to each task, a bootstrap over tasks always; with the odds ratio and Cohen's g as
effect sizes. A stage counts as met only with all before it. Invalid trials are left out.`,
  async run({ flags, positionals: [firstJob = '', secondJob] }) {
    const [first, second] = await sidesOf(firstJob, secondJob, flags.agent)
    const inSplit = ({ answers, name }: Side): Side => ({
      name,
      answers: answers.filter(({ split, isCounted }) => isCounted && (flags.split === 'all' || split === flags.split)),
    })
    const [one, two] = [inSplit(first), inSplit(second)]
    const measures = ['full-pass', ...manifestStages].map((measure) => ({
      measure,
      ...compareAgents(rowsOf(one, measure), rowsOf(two, measure)),
    }))
    const [{ solved, leftOut } = { solved: undefined, leftOut: [] }] = measures
    if (!solved) throw new InputError([`--split ${flags.split}: there is no such task that both sides have answers to`])
    if (flags.json) printJson({ split: flags.split, first: one.name, second: two.name, tasks: solved.tasks, measures })
    else {
      print(
        `${one.name} against ${two.name}, ${solved.tasks} tasks of ${flags.split === 'all' ? 'both splits' : `the split ${flags.split}`}\n`,
      )
      print(render(measures))
    }
    if (leftOut.length > 0) say(`${leftOut.length} tasks that only one side has answers to are left out`)
  },
})

interface Side {
  name: string
  answers: StoredAnswer[]
}

async function sidesOf(
  firstJob: string,
  secondJob: string | undefined,
  agents: readonly string[],
): Promise<[Side, Side]> {
  const first = await readSomeAnswers(firstJob)
  const second = secondJob === undefined ? first : await readSomeAnswers(secondJob)
  const namesOf = (answers: readonly StoredAnswer[]): string[] => [...new Set(answers.map(({ agent }) => agent))]
  const [a, b = secondJob === undefined ? undefined : a] =
    agents.length > 0 ? agents : chooseAgents(first, second, secondJob)
  if (a === undefined || b === undefined)
    throw new InputError([
      `expected --agent twice, two of: ${[...new Set([...namesOf(first), ...namesOf(second)])].join(', ')}`,
    ])
  const side = (answers: readonly StoredAnswer[], agent: string, job: string): Side => {
    const own = answers.filter((answer) => answer.agent === agent)
    if (own.length === 0) throw new InputError([`--agent ${agent}: expected one of ${namesOf(answers).join(', ')}`])
    return { name: a === b ? `${agent} in ${path.basename(path.resolve(job))}` : agent, answers: own }
  }
  return [side(first, a, firstJob), side(second, b, secondJob ?? firstJob)]

  function chooseAgents(left: StoredAnswer[], right: StoredAnswer[], other: string | undefined): string[] {
    const [one, two] = [namesOf(left), namesOf(right)]
    if (other === undefined) return one.length === 2 ? one : []
    return one.length === 1 && two.length === 1
      ? [...one, ...two]
      : one.filter((name) => two.includes(name)).slice(0, 1)
  }
}

/** Whether each answer met a measure, as rows that agents are compared by. */
function rowsOf({ name, answers }: Side, measure: string): Parameters<typeof compareAgents>[0] {
  const upTo = manifestStages.slice(0, manifestStages.findIndex((stage) => stage === measure) + 1)
  const isMet = (answer: StoredAnswer): boolean =>
    measure === 'full-pass'
      ? answer.isFullPass
      : upTo.every(
          (stage) =>
            answer.stages[stage] === 'met' || (answer.stages[stage] === 'skipped' && answer.failedAt === undefined),
        )
  return { name, rows: answers.map((answer) => ({ task: answer.task, outcome: isMet(answer) ? 'solved' : 'failed' })) }
}

function render(measures: readonly (Comparison & { measure: string })[]): string {
  const share = (value: number | undefined): string => (value === undefined ? '-' : `${(100 * value).toFixed(1)} %`)
  const points = (value: number | undefined): string =>
    value === undefined ? '-' : `${value > 0 ? '+' : ''}${(100 * value).toFixed(1)}`
  const rows = measures.map(({ measure, first, second, solved, mcnemar }) => [
    measure,
    share(first.solved?.share),
    share(second.solved?.share),
    points(solved?.difference),
    `${points(solved?.low)} to ${points(solved?.high)}`,
    mcnemar ? `${mcnemar.onlyFirst} / ${mcnemar.onlySecond}` : '-',
    mcnemar ? mcnemar.p.toFixed(4) : '-',
    mcnemar?.effect?.oddsRatio.toFixed(2) ?? '-',
    mcnemar?.effect?.g.toFixed(2) ?? '-',
  ])
  return table(
    [
      'MEASURE',
      'FIRST',
      'SECOND',
      'DIFFERENCE',
      '95 % INTERVAL',
      'ONLY 1ST / 2ND',
      'MCNEMAR P',
      'ODDS RATIO',
      "COHEN'S G",
    ],
    rows,
  )
}
