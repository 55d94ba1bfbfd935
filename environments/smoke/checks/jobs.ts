import assert from 'node:assert/strict'
import type { KubeObject } from '../../../harness/base/kube-client.ts'
import type { SmokeTheme } from '../check.ts'
import { condition, isTrue, statusCount, type PodObject } from '../observe.ts'
import { podTemplate, type PodOptions } from '../pods.ts'
import type { SmokeContext } from '../smoke-context.ts'

export const jobs: SmokeTheme = {
  theme: 'jobs',
  checks: [
    {
      name: 'a job runs as many pods as it must, and no more at once than it may',
      async run(ctx) {
        await ctx.apply(job('work', { script: 'sleep 1' }, { completions: 4, parallelism: 2 }))
        let most = 0
        const done = await ctx.wait(ctx.path('batch/v1/jobs', 'work'), 'to be complete', (j) => {
          most = Math.max(most, statusCount(j, 'active'))
          return isTrue(j, 'Complete')
        })
        assert.equal(statusCount(done, 'succeeded'), 4)
        assert.ok(most <= 2, `${most} pods at once`)
      },
    },
    {
      name: 'an indexed job gives every pod its number',
      async run(ctx) {
        await ctx.apply(
          job(
            'work',
            { script: 'echo $JOB_COMPLETION_INDEX $(hostname)' },
            { completions: 3, parallelism: 3, completionMode: 'Indexed' },
          ),
        )
        const done = await complete(ctx, 'work')
        assert.equal((done['status'] as { completedIndexes: string }).completedIndexes, '0-2')
        const pods = await ctx.client.list(ctx.path('pods'), { query: { labelSelector: 'job-name=work' } })
        const logs = await Promise.all(pods.map((pod) => ctx.log(pod.metadata.name)))
        assert.deepEqual(logs.map((l) => l.trim()).toSorted(), ['0 work-0', '1 work-1', '2 work-2'])
      },
    },
    {
      name: 'a job that keeps failing stops at its backoff limit',
      isWaiting: true,
      async run(ctx) {
        await ctx.apply(job('work', { script: 'exit 1' }, { backoffLimit: 1 }))
        const failed = await failedJob(ctx, 'work')
        assert.equal(condition(failed, 'Failed')!.reason, 'BackoffLimitExceeded')
        assert.equal(statusCount(failed, 'failed'), 2)
      },
    },
    {
      name: 'a pod failure policy tells hopeless failures from ones that do not count',
      async run(ctx) {
        const rules = [{ action: 'FailJob', onExitCodes: { containerName: 'main', operator: 'In', values: [42] } }]
        await ctx.apply(job('hopeless', { script: 'exit 42' }, { backoffLimit: 6, podFailurePolicy: { rules } }))
        const failed = await failedJob(ctx, 'hopeless')
        assert.equal(condition(failed, 'Failed')!.reason, 'PodFailurePolicy')
        assert.equal(statusCount(failed, 'failed'), 1)
      },
    },
    {
      name: 'a job past its deadline is ended with its pods',
      async run(ctx) {
        await ctx.apply(job('late', { script: 'sleep 3600' }, { activeDeadlineSeconds: 2 }))
        const failed = await failedJob(ctx, 'late')
        assert.equal(condition(failed, 'Failed')!.reason, 'DeadlineExceeded')
      },
    },
    {
      name: 'a finished job is removed after its time to live',
      isWaiting: true,
      async run(ctx) {
        await ctx.apply(job('brief', { script: 'true' }, { ttlSecondsAfterFinished: 1 }))
        await ctx.waitGone(ctx.path('batch/v1/jobs', 'brief'))
        await ctx.waitForList(ctx.path('pods'), 'its pod to be gone', (pods) => pods.length === 0)
      },
    },
    {
      name: 'a suspended job has no pods until it is resumed',
      async run(ctx) {
        await ctx.apply(job('work', { script: 'true' }, { suspend: true }))
        const path = ctx.path('batch/v1/jobs', 'work')
        await ctx.wait(path, 'to be suspended', (j) => isTrue(j, 'Suspended'))
        assert.deepEqual(await ctx.client.list(ctx.path('pods')), [])
        await ctx.client.patch(path, { spec: { suspend: false } })
        await complete(ctx, 'work')
      },
    },
    {
      name: 'a cron job runs within a minute, and at once when asked by hand',
      isWaiting: true,
      async run(ctx) {
        await ctx.apply({
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          metadata: { name: 'tick' },
          spec: { schedule: '* * * * *', jobTemplate: { spec: job('x', { script: 'echo tick' })['spec'] } },
        })
        await ctx.kubectl(['create', 'job', '--from=cronjob/tick', 'by-hand'])
        await complete(ctx, 'by-hand')
        await ctx.waitForList(
          ctx.path('batch/v1/jobs'),
          'the scheduled job',
          (all) => all.some((j) => j.metadata.name.startsWith('tick-') && isTrue(j, 'Complete')),
          { timeoutMs: 80_000 },
        )
      },
    },
    {
      name: 'a suspended cron job does not run',
      isWaiting: true,
      async run(ctx) {
        const spec = job('x', { script: 'true' })['spec']
        const cron = (name: string, suspend: boolean) => ({
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          metadata: { name },
          spec: { schedule: '* * * * *', suspend, jobTemplate: { spec } },
        })
        await ctx.apply(cron('off', true), cron('on', false))
        const names = await ctx.waitForList(
          ctx.path('batch/v1/jobs'),
          'the other cron job to run',
          (all) => all.length > 0 && all.map((j) => j.metadata.name),
          { timeoutMs: 80_000 },
        )
        assert.ok(names.every((name) => name.startsWith('on-')))
      },
    },
    {
      name: 'a pod that runs to its end keeps its log and exit code',
      async run(ctx) {
        await ctx.pod('ends', { script: 'echo out; echo err >&2; exit 5', spec: { restartPolicy: 'Never' } })
        const pod = await ctx.ended('ends')
        assert.equal((pod as PodObject).status!.containerStatuses![0]!.state.terminated!.exitCode, 5)
        assert.deepEqual(pod.log.trim().split('\n').toSorted(), ['err', 'out'])
      },
    },
  ],
}

function job(name: string, options: PodOptions, spec: Record<string, unknown> = {}): KubeObject {
  const template = podTemplate({ ...options, spec: { restartPolicy: 'Never', ...options.spec } })
  return { apiVersion: 'batch/v1', kind: 'Job', metadata: { name }, spec: { template, ...spec } }
}

function complete(ctx: SmokeContext, name: string): Promise<KubeObject> {
  return ctx.wait(ctx.path('batch/v1/jobs', name), 'to be complete', (j) => isTrue(j, 'Complete'))
}

function failedJob(ctx: SmokeContext, name: string): Promise<KubeObject> {
  return ctx.wait(ctx.path('batch/v1/jobs', name), 'to fail', (j) => isTrue(j, 'Failed'), 90_000)
}
