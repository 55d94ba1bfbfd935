import { z } from 'zod'
import type { KubeObject } from '../../harness/base/kube-client.ts'
import { fieldOf, listAt, textAt } from '../../harness/state/json.ts'
import { findObject } from '../objects/find-object.ts'
import { nameParam, namespaceParam } from '../params.ts'
import { defineVerifier, isVerdict, met, notMet, type Verifier } from '../verifier.ts'
import { podsOf } from './find-pods.ts'
import { troubleOf } from './pod-trouble.ts'

/** A CronJob is on, and a Job that it started did its work. */
export const cronjobRuns: Verifier = defineVerifier({
  name: 'cronjob-runs',
  summary: 'A CronJob is not suspended, and a Job that it started since the agent began is complete.',
  params: z.strictObject({
    namespace: namespaceParam,
    name: nameParam('CronJob'),
    ever: z
      .boolean()
      .default(false)
      .meta({ description: 'true: a complete Job from before the agent will do as well.' }),
  }),
  example: 'cronjob-runs: { namespace: shop, name: nightly-report }',
  details:
    'Schedules fire at full minutes: give the contract `within: 130s`, or more for slow jobs, and a schedule of every minute. ' +
    'Jobs made by hand (`kubectl create job --from`) carry the annotation `cronjob.kubernetes.io/instantiate: manual` and do not count.',
  async verify({ namespace, name, ever }, context) {
    const cronjob = await findObject(context, `cronjob/${name}`, namespace)
    if (isVerdict(cronjob)) return cronjob
    const here = `cronjob/${name}`
    if (fieldOf(cronjob, 'spec', 'suspend') === true) return notMet(`${here} is suspended`)
    const all = await context.client.list(`/apis/batch/v1/namespaces/${namespace}/jobs`, { signal: context.signal })
    const since = ever ? 0 : Date.parse(context.baseline?.takenAt ?? '') || 0
    const jobs = all.filter(
      (job) =>
        job.metadata.ownerReferences?.some((owner) => owner.controller && owner.uid === cronjob.metadata.uid) &&
        job.metadata.annotations?.['cronjob.kubernetes.io/instantiate'] !== 'manual' &&
        createdAt(job) >= since - 1000,
    )
    const when = since === 0 ? '' : ' since the agent began'
    const evidence = { schedule: textAt(cronjob, 'spec', 'schedule'), jobs: jobs.map((job) => job.metadata.name) }
    const complete = jobs.find((job) => isTrue(job, 'Complete'))
    if (complete) return met(`job/${complete.metadata.name} of ${here} is complete`, evidence)
    const [newest] = jobs.toSorted((a, b) => createdAt(b) - createdAt(a))
    if (!newest) return notMet(`${here} has started no Job${when}`, evidence)
    const [pod] = await podsOf(context, newest)
    const trouble = pod && troubleOf(pod)
    const why = isTrue(newest, 'Failed') ? 'it failed' : trouble === undefined ? 'it is not done' : `its pod ${trouble}`
    return notMet(`job/${newest.metadata.name} of ${here} is not complete: ${why}`, evidence)
  },
})

function isTrue(job: KubeObject, type: string): boolean {
  return listAt(job, 'status', 'conditions').some(
    (one) => textAt(one, 'type') === type && textAt(one, 'status') === 'True',
  )
}

function createdAt(object: KubeObject): number {
  return Date.parse(object.metadata.creationTimestamp ?? '') || 0
}
