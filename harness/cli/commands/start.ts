import path from 'node:path'
import { verifiers } from '../../../verifiers/library.ts'
import { planTrials } from '../../job/run-job.ts'
import { JobStore } from '../../store/job-store.ts'
import { makeJobName } from '../../store/trial-name.ts'
import { loadTask } from '../../task/load-task.ts'
import { packageRoot } from '../../base/package-root.ts'
import { nameOfAgent } from '../../store/name-of-agent.ts'
import { parseAgent } from '../agents.ts'
import { defineCommand, type Command } from '../define-command.ts'
import { print } from '../output.ts'
import { loadProvider } from '../providers.ts'
import { identityOf, runTrials } from '../run-trials.ts'

export const start: Command = defineCommand({
  summary: 'Runs the reference agent and the do-nothing agent on one task, and shows both verdicts.',
  async run() {
    const provider = await loadProvider('node')
    await provider.removeLeftovers()
    const task = await loadTask(path.join(packageRoot, 'tasks', taskId), { verifiers })
    print(`${task.id}\n\n${indent(task.instruction)}\n`)
    print(
      'One agent knows the answer, the other does nothing. Each gets this, live and broken, on a cluster of its own.\n',
    )
    const [tasks, agents] = [[identityOf(task)], ['oracle', 'nop'].map((name) => parseAgent(name))]
    const plan = {
      jobName: `start-${makeJobName()}`,
      jobsDir: path.resolve('results'),
      agents,
      tasks,
      attempts: 1,
      concurrency: 1,
      environment: { provider: provider.name },
    }
    const store = await JobStore.create(plan, planTrials(tasks, agents, 1))
    const { facts, left } = await runTrials({ store, provider, tools: 'kubectl', concurrency: 1 })
    print('')
    for (const { planned, outcome, because, placed } of facts) {
      print(`${nameOfAgent(planned.agent).padEnd(8)} ${outcome.padEnd(8)} ${because.slice(0, 160)}`)
      print(`${' '.repeat(17)} ${path.relative(process.cwd(), path.join(store.dir, placed.trialName))}`)
    }
    print(next)
    const isAsExpected = facts.length === 2 && facts[0]?.outcome === 'solved' && facts[1]?.outcome === 'failed'
    return isAsExpected && left.length === 0 ? 0 : 3
  },
})

const taskId = 'core/checkout-lost-its-orders'

const next = `
The evidence of each trial lies in its folder: verifier/test-stdout.txt says why, agent/trajectory.json what was done,
kubemend/ holds the audit log joined to every tool call, the cluster before and after, and what changed in between.

Try next:
  bin/kubemend list                                                    the tasks
  bin/kubemend show ${taskId}                      one of them
  bin/kubemend run ${taskId} --agent oracle:unsafe/second-service.sh
                                                                       a repair that works and harms
  bin/kubemend cluster up                                              a cluster of your own`

function indent(text: string): string {
  return text
    .trim()
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
