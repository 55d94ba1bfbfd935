import { chooseModel } from '../../../../agents/model/choose-model.ts'
import { createModelJudge } from '../../../../agents/model/model-judge.ts'
import { InputError } from '../../../base/errors.ts'
import { assessAnswers } from '../../assess-answers.ts'
import { defineCommand, jsonFlag, type Command } from '../../define-command.ts'
import { printJson, say } from '../../output.ts'
import { readSomeAnswers } from '../../read-judged-answers.ts'
import { wholeNumber } from '../../whole-number.ts'

export const assess: Command = defineCommand({
  summary: 'Has one or two models judge the answers of a job: alignment, verbosity, scope. It decides no outcome.',
  positionals: 'JOB',
  flags: {
    judge: {
      type: 'string',
      isMultiple: true,
      value: 'PROVIDER/NAME',
      summary: 'a model that judges; given twice: two',
    },
    'base-url': {
      type: 'string',
      value: 'URL',
      summary: 'where local/NAME is served, or another address of a provider',
    },
    concurrency: { type: 'string', value: 'N', default: '4', summary: 'answers at once' },
    json: jsonFlag,
  },
  details: `Judges get the request, the answer, what the stages found, and the objects as they were in the cluster. What they say is kept in
kubemend/assessments.json of each trial, and what one has said is not asked again. \`kubemend manifest funnel\` shows the rest: quality,
the composite with its weights, and how far two judges agree.`,
  async run({ flags, positionals: [job = ''] }) {
    if (flags.judge.length < 1 || flags.judge.length > 2)
      throw new InputError([`--judge: expected one or two, got ${flags.judge.length}`])
    if (new Set(flags.judge).size < flags.judge.length) throw new InputError(['--judge: expected two that differ'])
    const judges = flags.judge.map((text) =>
      createModelJudge(chooseModel(text, { baseUrl: flags['base-url'], env: process.env, flag: '--judge ' })),
    )
    const concurrency = wholeNumber('concurrency', flags.concurrency)
    const answers = await readSomeAnswers(job)
    const end = await assessAnswers(answers, judges, { concurrency, signal: new AbortController().signal })
    if (flags.json) printJson({ answers: answers.length, ...end })
    for (const { trial, judge, because } of end.failed.slice(0, 10)) say(`${trial}: ${judge}: ${because}`)
    say(`${end.made} judged, ${end.kept} had been, ${end.failed.length} could not be`)
    return end.failed.length > 0 ? 3 : 0
  },
})
