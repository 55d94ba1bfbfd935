import { cp, rm } from 'node:fs/promises'
import path from 'node:path'
import { runChecks } from '../../verifiers/run-checks.ts'
import type { VerifyContext } from '../../verifiers/verifier.ts'
import { KubeClient } from '../base/kube-client.ts'
import { makeScratch } from '../base/scratch.ts'
import type { Contract } from '../task/contract.ts'
import { copyPlain } from './foreign/box-root.ts'
import { confirmBroken } from './confirm-broken.ts'
import { judgeByScript, ownScript, ownScriptSandbox, type ScriptJudgement } from './judge-by-script.ts'
import type { Found } from './run.ts'
import { TrialFault } from './trial-fault.ts'
import type { TrialSession } from './trial-session.ts'
import { digestFiles, judgeFiles } from './workspace-files.ts'

/** A trial without a cluster: the same steps, on a copy of the task's files. */
export async function runInWorkspace(session: TrialSession, contract: Contract | undefined): Promise<Found> {
  const { task, verifiers, store } = session.plan
  await using folder = await session.step('prepare', () => copyWorkspace(task.workspace), 'environment')
  const context = lookAt(folder.dir, session.signal)
  if (contract) await session.step('confirm-broken', () => confirmBroken(session, contract, context))
  const workspaceBefore = await session.step('baseline', () => digestFiles(folder.dir))
  await store.writeJson(store.baseline, workspaceBefore)

  await using gateway = await session.openGateway({ tools: 'workspace', workspace: folder.dir })
  const handOver = (): Promise<void> => Promise.resolve()
  const agent = await session.step('agent', () => session.runAgent(gateway, { handOver, appDir: folder.dir }), 'agent')
  await session.step('revoke', () => gateway.end('the trial is over'))

  let script: ScriptJudgement | undefined
  const findings = await session.step(
    'verify',
    async () => {
      if (!contract) {
        script = await askScript(session, folder.dir)
        await store.writeJson(store.endState, await digestFiles(folder.dir))
        return { outcome: [script.verdict], preservation: [], integrity: [] }
      }
      const options = { library: verifiers, withinMs: 0, stableForMs: 0 }
      const after = { ...context, workspaceBefore }
      const outcome = await runChecks(contract.outcome, after, options)
      const named = await runChecks(contract.preserve, after, options)
      await store.writeJson(store.endState, await digestFiles(folder.dir))
      const kept = await judgeFiles(task.workspace ?? '', folder.dir, contract)
      return { outcome, preservation: [...kept, ...named], integrity: [] }
    },
    'verifier',
  )
  for (const about of ['outcome', 'preservation'] as const) session.recordVerdicts(about, findings[about])
  await session.step('collect', () => copyPlain(folder.dir, path.join(store.artifactsDir, 'app')))
  await store.writeJson(store.verdicts, { findings })
  return { findings, agent, ...(script ? { rewards: script.rewards } : {}), details: { provider: 'none' } }
}

/** The task's own script, on a copy of the files: the judge where there is no contract. */
async function askScript(session: TrialSession, repaired: string): Promise<ScriptJudgement> {
  const dir = await makeScratch('workspace')
  await using _ = { [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) }
  await copyPlain(repaired, dir)
  await using sandbox = await ownScriptSandbox(session.plan, { workspace: dir }, session.signal)
  // an agent that did something may have left files that the script cannot bear
  const script = { ...ownScript(session.plan.task), mayBeSpoilt: session.toolCalls > 0 }
  return await judgeByScript(session.plan, sandbox.options, script)
}

async function copyWorkspace(workspace: string | undefined): Promise<AsyncDisposable & { dir: string }> {
  if (workspace === undefined) throw new TrialFault('task', 'no-workspace', 'the task has no files to repair')
  const dir = await makeScratch('workspace')
  await cp(workspace, dir, { recursive: true })
  return { dir, [Symbol.asyncDispose]: () => rm(dir, { recursive: true, force: true }) }
}

/** Checks of a workspace see its files; those that want a cluster find none and say so. */
function lookAt(workspace: string, signal: AbortSignal): VerifyContext {
  return {
    client: new KubeClient({ server: 'http://127.0.0.1:1' }),
    execInPod: () => Promise.reject(new Error('a workspace task has no cluster')),
    baseline: undefined,
    workspace,
    signal,
  }
}
