import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { AgentExtras } from '../../../agents/agent.ts'
import type { CommandResult } from '../../base/command.ts'
import { startTimer } from '../../base/clock.ts'
import { planContainers, type ContainerPlan, type PlannedStage } from '../../harbor/container-plan.ts'
import type { Gateway } from '../../gateway/create-gateway.ts'
import type { SeparateVerifier } from '../../harbor/stages.ts'
import { formatProblem } from '../../task/problem.ts'
import { collectFromContainers, type ContainerParts } from './collect-from-containers.ts'
import type { Docker } from './docker.ts'
import { judgePrograms } from '../judge-programs.ts'
import { judgeWith, withoutReward, type JudgingScript, type ScriptJudgement } from '../judge-by-script.ts'
import type { Found } from '../run.ts'
import { agentStage, judgingScript, runStages, setUpStep, whyOver, type StageEnd } from './run-stages.ts'
import type { ArtifactFile } from './artifact-folder.ts'
import { connectServers, type TaskServers } from './task-servers.ts'
import { startContainers, type TaskContainers } from './task-containers.ts'
import { TrialFault } from '../trial-fault.ts'
import { multiplierOf, type TrialPrograms } from '../trial-plan.ts'
import type { TrialSession } from '../trial-session.ts'
import { untilHealthcheck } from './until-healthcheck.ts'

/** A trial of an ordinary Harbor task, one without a cluster: its containers, a shell in them, its verifier in a copy. */
export async function runInContainers(session: TrialSession): Promise<Found> {
  const { store, task } = session.plan
  const { plan, problems } = await planContainers(task)
  if (!plan) throw new TrialFault('task', 'not-mapped', problems.map(formatProblem).join('; '))
  for (const text of plan.notes) session.recorder.record({ type: 'note', text })
  await using containers = await session.step('prepare', () => start(session, plan), 'environment')
  const found = await runStages(session, plan.stages, (stage, callPrefix) =>
    runStage({ session, plan, containers }, stage, callPrefix),
  )
  await store.writeJson(store.verdicts, { findings: found.findings })
  return { ...found, details: { provider: 'docker' } }
}

async function start({ plan: trial, signal }: TrialSession, plan: ContainerPlan): Promise<TaskContainers> {
  const containers = await startContainers({
    docker: await needDocker(trial.programs),
    plan,
    timeoutMs: trial.task.toml.environment.build_timeout_sec * 1000 * multiplierOf(trial, 'environment'),
    signal,
    log: (line) => trial.store.log(line),
  })
  try {
    const { healthcheck } = trial.task.toml.environment
    if (healthcheck) await untilHealthcheck('environment', healthcheck, asker(containers, healthcheck), signal)
    return containers
  } catch (error) {
    await containers[Symbol.asyncDispose]()
    throw error
  }
}

/** That Docker is missing is the machine's fault. */
async function needDocker({ findDocker }: TrialPrograms): Promise<Docker> {
  const found = await findDocker?.()
  if (found && 'docker' in found) return found.docker
  const because = found?.missing ?? 'nobody looked for it'
  throw new TrialFault('harness', 'no-docker', `a task without a cluster runs in Docker, and ${because}`)
}

async function runStage(parts: ContainerParts, stage: PlannedStage, callPrefix: string): Promise<StageEnd> {
  const { session, plan, containers } = parts
  const { store } = session.plan
  if (stage.step !== undefined) await session.step('prepare', () => beginStep(parts, stage))
  const before = new Set(await session.step('baseline', () => containers.changes()))
  const user = stage.agentUser
  const connect = (): Promise<TaskServers> =>
    connectServers(
      plan.servers,
      { start: (argv) => containers.talkTo(argv, { user }), log: (line) => store.log(line), signal: session.signal },
      ['bash', 'submit'],
    )
  await using servers = plan.servers.length === 0 ? await connect() : await session.step('prepare', connect)
  await using gateway = await session.openGateway({
    tools: 'shell',
    beside: servers.tools,
    callPrefix,
    shell: (command, options) => containers.exec(['bash', '-c', command], { ...options, user }),
  })
  const agent = await session.step(
    'agent',
    () =>
      session.runAgent(gateway, {
        handOver: () => Promise.resolve(),
        stage: agentStage(session, stage),
        runScript: scriptsIn(parts, stage, gateway),
      }),
    'agent',
  )
  await session.step('revoke', () => gateway.end(whyOver(stage)))
  const { script, programs } = await session.step(
    'verify',
    async () => {
      const elapsed = startTimer()
      const changes = (await containers.changes()).filter((change) => !before.has(change))
      await writeFile(path.join(store.evidenceDir, `${stage.step ?? 'main'}-changes.txt`), `${changes.join('\n')}\n`)
      const files = await collectFromContainers(parts, stage)
      return { script: await verify(parts, stage, files), programs: judgePrograms(changes, elapsed()) }
    },
    'verifier',
  )
  // a verifier elsewhere runs none of main's programs
  return { agent, script, beside: { preservation: [], integrity: stage.separate ? [] : [programs] } }
}

/** Lays a step's files where main works, runs its setup, and waits until it is healthy. */
async function beginStep({ session, containers }: ContainerParts, stage: PlannedStage): Promise<void> {
  const { signal } = session
  if (stage.workdir !== undefined) {
    const { stdout } = await containers.exec(['pwd'], { signal })
    const workdir = stdout.trim() || '/'
    await containers.copyIn(stage.workdir, workdir)
    const script = path.posix.join(workdir, 'setup.sh')
    const isThere = (await containers.exec(['test', '-f', script])).exitCode === 0
    if (isThere) {
      await setUpStep(session, stage, (timeoutMs) =>
        containers.exec(['bash', script], { user: stage.agentUser, timeoutMs, signal }),
      )
    }
  }
  const { healthcheck } = stage
  if (healthcheck) await untilHealthcheck(`steps/${stage.step}`, healthcheck, asker(containers, healthcheck), signal)
}

function asker(
  containers: TaskContainers,
  { command, timeout_sec }: { command: string; timeout_sec: number },
): () => Promise<CommandResult> {
  return () => containers.exec(['bash', '-c', command], { timeoutMs: timeout_sec * 1000 })
}

/** Runs scripts of agents that are one in main, each as one recorded call. */
function scriptsIn(
  { session, plan, containers }: ContainerParts,
  stage: PlannedStage,
  gateway: Gateway,
): AgentExtras['runScript'] {
  const { store } = session.plan
  return async (script) => {
    let answer: Awaited<ReturnType<AgentExtras['runScript']>> | undefined
    const result = await gateway.serve({
      name: 'script',
      description: "A script run on the task's machine",
      arguments: { file: script.file },
      async run(_, { signal }) {
        for (const [from, to] of Object.entries({ ...script.mounts, ...script.writable }))
          await containers.copyIn(from, to)
        await containers.exec(['chmod', '+x', script.file], { user: 0 })
        const ran = await containers.exec([script.file], {
          user: stage.agentUser,
          env: { DEBIAN_FRONTEND: 'noninteractive', ...plan.solutionEnvironment, ...script.env },
          timeoutMs: agentStage(session, stage).timeMs,
          signal,
          maxBytes: 4 * 2 ** 20,
        })
        answer = { exitCode: ran.exitCode, stdout: ran.stdout, stderr: ran.stderr, isTimedOut: ran.isTimedOut }
        const output = `${ran.stdout}${ran.stderr}`
        await writeFile(path.join(store.agentDir, `${path.basename(script.file)}.txt`), output)
        return {
          text: output.slice(0, 100_000),
          isError: ran.exitCode !== 0,
          ...(ran.exitCode === undefined ? {} : { exitCode: ran.exitCode }),
        }
      },
    })
    return answer ?? { exitCode: undefined, stdout: '', stderr: result.text, isTimedOut: false }
  }
}

/** The verifier among main's files as the agent left them, and none of its processes. */
async function verify(parts: ContainerParts, stage: PlannedStage, files: ArtifactFile[]): Promise<ScriptJudgement> {
  const { session, containers } = parts
  const script = judgingScript(session, stage, true)
  if (stage.separate) return verifyElsewhere(parts, stage, stage.separate, { ...script, files })
  if (!(await containers.revive())) return withoutReward(script, 'main was ended, and does not start again', 0)
  for (const place of ['/tests', '/logs']) {
    // where a link led, the verifier's files would follow
    if (await containers.isFolder(place)) continue
    return withoutReward(script, `${place} of main is no folder any more, and the verifier's is to lie there`, 0)
  }
  return judgeWith(session.plan, script, async ({ argv, stdin, tests, logs, timeoutMs }) => {
    await using copy = await containers.copyMain({ tests, logs })
    return await copy.exec(argv, {
      stdin,
      timeoutMs,
      user: stage.verifier.user,
      env: stage.verifierEnvironment,
      signal: session.signal,
      maxBytes: 2 ** 20,
    })
  })
}

/** The verifier on a machine of its own, with what was collected where it was collected. */
async function verifyElsewhere(
  { session, containers }: ContainerParts,
  stage: PlannedStage,
  separate: SeparateVerifier,
  { files, ...script }: JudgingScript & { files: ArtifactFile[] },
): Promise<ScriptJudgement> {
  return judgeWith(session.plan, script, async ({ argv, stdin, tests, logs, timeoutMs }) => {
    await using verifier = await containers.openVerifier(separate, { tests, logs, files })
    return await verifier.exec(argv, {
      stdin,
      timeoutMs,
      user: stage.verifier.user,
      env: stage.verifierEnvironment,
      cwd: separate.environment?.workdir,
      signal: session.signal,
      maxBytes: 2 ** 20,
    })
  })
}
