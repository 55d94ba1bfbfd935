import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { KubeObject } from '../base/kube-client.ts'
import { packageRoot } from '../base/package-root.ts'
import { manifestStages, type ManifestStage } from '../task/manifest-spec.ts'
import { loadTask } from '../task/load-task.ts'
import { sampleFacts } from '../store/sample-job.ts'
import { JobStore } from '../store/job-store.ts'
import type { AgentIdentity, PlannedTrial } from '../store/planned-trial.ts'

/** What one agent answered to a task that comes along, and the first stage that did not like it. */
export interface SampleAnswer {
  task: string
  agent: AgentIdentity
  answer: string
  failedAt?: ManifestStage
  finding?: string
  live?: KubeObject[]
}

/** Writes a job of manifest trials as a real one is written: for tests of what reads them. */
export async function writeManifestJob(jobsDir: string, answers: readonly SampleAnswer[]): Promise<string> {
  const planned = await Promise.all(
    answers.map(async ({ task: name, agent }): Promise<PlannedTrial> => {
      const task = await loadTask(path.join(packageRoot, 'tasks/manifests', name))
      return {
        task: { name: task.name, path: task.dir, dataset: 'manifests', digest: task.digest },
        agent,
        attempt: 1,
      }
    }),
  )
  const tasks = [...new Map(planned.map(({ task }) => [task.name, task])).values()]
  const agents = [...new Map(answers.map(({ agent }) => [JSON.stringify(agent), agent])).values()]
  const environment = { provider: 'fake' }
  const job = await JobStore.create(
    { jobName: 'sample', jobsDir, agents, tasks, attempts: 1, concurrency: 1, environment },
    planned,
  )
  for (const [i, sample] of answers.entries()) {
    const plan = planned[i]
    if (!plan) continue
    const { manifest } = await loadTask(plan.task.path)
    if (!manifest) throw new Error(`${plan.task.name} is no manifest task`)
    const trial = await job.newTrial(plan.task.name)
    await trial.begin(plan, { trialName: trial.name, trialsDir: job.dir, jobId: job.stored.id, environment })
    const isBefore = (stage: ManifestStage): boolean =>
      sample.failedAt === undefined || manifestStages.indexOf(stage) < manifestStages.indexOf(sample.failedAt)
    const stages = manifestStages.map((stage) => {
      const status = isBefore(stage) ? 'met' : stage === sample.failedAt ? 'not-met' : 'skipped'
      return { stage, status, because: `it is ${status}`, findings: [], notes: [], durationMs: 1 }
    })
    await writeFile(path.join(trial.artifactsDir, 'answer.txt'), sample.answer)
    await trial.writeJson(trial.verdicts, { findings: {}, manifest: { stages } })
    await trial.writeJson(trial.liveObjects, { objects: sample.live ?? [] })
    const facts = sampleFacts(plan, { trialName: trial.name, jobsDir, jobId: job.stored.id }, 'solved', i)
    const { spec, level, split } = manifest
    await trial.finish({
      ...facts,
      outcome: sample.failedAt === undefined ? 'solved' : 'failed',
      details: {
        manifest: {
          operation: spec.operation,
          kind: spec.objects[0]?.kind ?? spec.query?.kind ?? '',
          level,
          split,
          stages: Object.fromEntries(stages.map(({ stage, status }) => [stage, status])),
          ...(sample.failedAt === undefined ? {} : { failedAt: sample.failedAt }),
          ...(sample.finding === undefined ? {} : { finding: sample.finding }),
          isFullPass: isBefore('L4') && sample.failedAt !== 'L4',
          isStrict: true,
        },
      },
    })
  }
  return job.dir
}
