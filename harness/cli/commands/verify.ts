import { stat } from 'node:fs/promises'
import path from 'node:path'
import { verifiers } from '../../../verifiers/library.ts'
import { createLiveContext } from '../../../verifiers/live-context.ts'
import { askAll, runChecks, type CheckVerdict } from '../../../verifiers/run-checks.ts'
import type { VerifyContext } from '../../../verifiers/verifier.ts'
import { parseDuration } from '../../base/duration.ts'
import { InputError } from '../../base/errors.ts'
import { KubeClient } from '../../base/kube-client.ts'
import type { Contract } from '../../task/contract.ts'
import { selectTasks } from '../../task/find-tasks.ts'
import type { Task } from '../../task/task.ts'
import { defineCommand, jsonFlag, type Command } from '../define-command.ts'
import { print, printJson, say, table } from '../output.ts'

export const verify: Command = defineCommand({
  summary: 'Judges the outcome of a task on any live cluster, or in any folder.',
  positionals: 'TASK',
  flags: {
    kubeconfig: { type: 'string', value: 'FILE', summary: 'the cluster, as its admin' },
    context: { type: 'string', value: 'NAME', summary: 'the context of the kubeconfig' },
    workspace: { type: 'string', value: 'DIR', summary: 'the folder, for a task with files to repair' },
    within: {
      type: 'string',
      value: 'TIME',
      summary: "time for the outcome to come true; the contract's unless told, 0s to look once",
    },
    json: jsonFlag,
  },
  details:
    'Asks the outcome checks of the task’s contract and leaves no trace. What else changed is not judged: that takes a\n' +
    'trial, which knows how the cluster was before. Exit code 0 when all are met, 1 when one is not, 3 when one is unknown.',
  async run({ flags, positionals }) {
    const task = await onlyTask(positionals)
    const contract = contractOf(task)
    const withinMs = flags.within === undefined ? contract.withinMs : parseDuration(flags.within)
    if (withinMs === undefined) throw new InputError([`--within ${flags.within}: expected a duration such as 30s`])
    const abort = new AbortController()
    const stop = (): void => abort.abort(new InputError(['interrupted']))
    process.on('SIGINT', stop)
    try {
      using live = await openContext(task, { ...flags, signal: abort.signal })
      say(`asking ${contract.outcome.length} checks`)
      const verdicts =
        withinMs === 0
          ? await askAll(contract.outcome, live.context, verifiers)
          : await runChecks(contract.outcome, live.context, {
              library: verifiers,
              withinMs,
              stableForMs: contract.stableForMs,
            })
      const outcome = summarize(verdicts)
      if (flags.json) printJson({ task: task.id, outcome, checks: verdicts })
      else print(renderVerdicts(task.id, outcome, verdicts))
      return { met: 0, 'not-met': 1, unknown: 3 }[outcome]
    } finally {
      process.off('SIGINT', stop)
    }
  },
})

interface LiveContext extends Disposable {
  context: VerifyContext
}

async function onlyTask(paths: string[]): Promise<Task> {
  const tasks = await selectTasks({ paths }, { verifiers })
  const [task] = tasks
  if (!task || tasks.length > 1) throw new InputError([`${paths.join(' ')}: expected one task, got ${tasks.length}`])
  return task
}

function contractOf(task: Task): Contract {
  if (task.contract) return task.contract
  throw new InputError([`${task.id}: there is no tests/contract.yaml; its script tests/test.sh judges it`])
}

async function openContext(
  task: Task,
  options: {
    kubeconfig: string | undefined
    context: string | undefined
    workspace: string | undefined
    signal: AbortSignal
  },
): Promise<LiveContext> {
  const { kubeconfig, workspace, signal } = options
  if (task.kind === 'workspace') {
    if (workspace === undefined) throw new InputError([`${task.id} repairs files: say --workspace DIR`])
    await mustBe(workspace, 'folder', '--workspace')
    const client = new KubeClient({ server: 'http://127.0.0.1:9' })
    const context = createLiveContext({ client, workspace: path.resolve(workspace), signal })
    return { context, [Symbol.dispose]: () => client[Symbol.dispose]() }
  }
  if (kubeconfig === undefined) throw new InputError([`${task.id} repairs a cluster: say --kubeconfig FILE`])
  await mustBe(kubeconfig, 'file', '--kubeconfig')
  const client = await KubeClient.fromKubeconfig(kubeconfig, options.context)
  const context = createLiveContext({ client, workspace, signal })
  return { context, [Symbol.dispose]: () => client[Symbol.dispose]() }
}

async function mustBe(file: string, what: 'file' | 'folder', flag: string): Promise<void> {
  const facts = await stat(file).catch(() => undefined)
  if (facts && (what === 'file' ? facts.isFile() : facts.isDirectory())) return
  throw new InputError([`${flag} ${file}: there is no such ${what}`])
}

function summarize(verdicts: readonly CheckVerdict[]): CheckVerdict['status'] {
  if (verdicts.some(({ status }) => status === 'unknown')) return 'unknown'
  return verdicts.every(({ status }) => status === 'met') ? 'met' : 'not-met'
}

function renderVerdicts(task: string, outcome: CheckVerdict['status'], verdicts: readonly CheckVerdict[]): string {
  const words = { met: 'met', 'not-met': 'not met', unknown: 'unknown' }
  const rows = verdicts.map(({ at, verifier, status, because }) => [at, verifier, words[status], because])
  return `${task}: ${words[outcome]}\n\n${table(['CHECK', 'VERIFIER', 'VERDICT', 'BECAUSE'], rows)}`
}
