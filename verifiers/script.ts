import { z } from 'zod'
import { durationParam } from './params.ts'
import { parseDuration } from '../harness/base/duration.ts'
import { defineVerifier, met, notMet, unknown, type Verifier } from './verifier.ts'

/** A script of the task says whether it is so. */
export const script: Verifier = defineVerifier({
  name: 'script',
  summary: 'A script of the task says whether it is so: exit code 0 for met, 1 for not met.',
  params: z.strictObject({
    file: z
      .string()
      .regex(/^(?!\/)(?!.*\.\.)[\w./-]+$/)
      .meta({ description: 'The script, in the folder tests of the task.' }),
    args: z.array(z.string()).default([]).meta({ description: 'Its arguments.' }),
    timeout: durationParam('How long it may take.').default('30s'),
  }),
  example: 'script: { file: check-ledger.sh, args: [shop] }',
  details:
    'For what no other check can say. It runs as the admin in the sandbox of the trial, with kubectl and the system’s programs; the ' +
    'last line that it prints becomes the reason. Any exit code other than 0 and 1, and running out of time, is unknown: a script ' +
    'that breaks is not an outcome. But when kubectl told it that what it looks at is not there (NotFound, or a kind that the ' +
    'server does not have), that is not met: nobody is saved by removing the evidence. It is asked again until it says 0, so it must change nothing: what is to happen before it ' +
    'looks (a rollout, an eviction) is done by the world itself. It gets its `args` and nothing else, and cannot be turned round: where the ' +
    'symptom is the opposite of the outcome, let an argument say so.',
  async verify({ file, args, timeout }, context) {
    if (!context.runScript) return unknown(`${file} cannot be run here: there is no sandbox`)
    const result = await context.runScript(file, { args, timeoutMs: parseDuration(timeout) ?? 30_000 })
    const said = `${result.stdout}\n${result.stderr}`.trim()
    const evidence = { exitCode: result.exitCode ?? null, output: said.slice(-2000) }
    const last = result.stdout.trim().split('\n').at(-1) || result.stderr.trim().split('\n').at(-1) || 'it said nothing'
    const because = `${file}: ${last.slice(0, 300)}`
    if (result.isTimedOut) return unknown(`${file} did not end within ${timeout}`, evidence)
    if (result.exitCode === 0) return met(because, evidence)
    if (result.exitCode === 1) return notMet(because, evidence)
    const gone = said.split('\n').find((line) => isGone.test(line))
    if (gone !== undefined) return notMet(`${file}: ${gone.slice(0, 300)}`, evidence)
    return unknown(`${file} ended with ${result.exitCode ?? result.signal}: ${last.slice(0, 300)}`, evidence)
  },
})

/** kubectl's words for an object, or a kind, that is not there. */
const isGone = /^Error from server \(NotFound\)|^error: the server doesn't have a resource type/
