import { z } from 'zod'
import { fieldOf, listAt, textAt } from '../../harness/state/json.ts'
import { findObject } from '../objects/find-object.ts'
import { nameParam, namespaceParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { countAt, notRolledOut } from './rollout.ts'

/** A Job has done its work. */
export const jobCompleted: Verifier = defineVerifier({
  name: 'job-completed',
  summary: 'A Job is complete.',
  params: z.strictObject({ namespace: namespaceParam, name: nameParam('Job') }),
  example: 'job-completed: { namespace: shop, name: migrate-orders }',
  details:
    'Complete is what the Job controller says; whether the work was the right one is for another check (the content of ' +
    'a file, an answer over HTTP, a line in the log).',
  async verify({ namespace, name }, context) {
    const object = await findObject(context, `job/${name}`, namespace)
    if (isVerdict(object)) return object
    const here = `job/${name}`
    const evidence = Object.fromEntries(['active', 'succeeded', 'failed'].map((f) => [f, countAt(object, f)]))
    const condition = (type: string): unknown =>
      listAt(object, 'status', 'conditions').find(
        (one) => textAt(one, 'type') === type && textAt(one, 'status') === 'True',
      )
    const complete = condition('Complete')
    if (complete) return met(`${here} completed at ${textAt(object, 'status', 'completionTime')}`, evidence)
    const failed = condition('Failed')
    if (failed) return notMet(`${here} failed: ${textAt(failed, 'reason')}, ${textAt(failed, 'message')}`, evidence)
    if (fieldOf(object, 'spec', 'suspend') === true) return notMet(`${here} is suspended`, evidence)
    const wanted = (fieldOf(object, 'spec', 'completions') as number | undefined) ?? 1
    return notRolledOut(context, object, `has ${countAt(object, 'succeeded')} of ${wanted} completions`, evidence)
  },
})
